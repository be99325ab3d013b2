import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutMarkdown, oneLine } from '../../src/github/text.js';

describe('a line', () => {
  test('is never longer than asked and never breaks a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const line = oneLine(text, 40);
        expect(line.length).toBeLessThanOrEqual(40);
        expect(line).not.toMatch(/\n/);
        expect(Buffer.from(line).toString('utf8')).toBe(line);
      }),
    );
  });

  test('that fits is left as it is', () => {
    expect(oneLine('promoted 1.2.3', 140)).toBe('promoted 1.2.3');
  });
});

describe('Markdown', () => {
  const line = fc.constantFrom(
    'text',
    '```',
    '```js',
    '````',
    '~~~',
    '<details>',
    '</details>',
    'ä'.repeat(50),
  );

  test('never has more bytes than asked, and never ends inside a block', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.integer({ min: 250, max: 900 }), (lines, bytes) => {
        const cut = cutMarkdown(lines.join('\n'), bytes);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        if (cut.includes('_Cut here')) expect(isInFence(cut.slice(0, cut.indexOf('_Cut here')))).toBe(false);
      }),
    );
  });

  test('that fits is left as it is', () => {
    expect(cutMarkdown('# Title\n\ntext', 65_535)).toBe('# Title\n\ntext');
  });

  test('is cut after a whole line and says so', () => {
    const cut = cutMarkdown(`${'line of text\n'.repeat(30)}`, 200);
    expect(cut).toMatch(
      /^(line of text\n)+\n_Cut here: the whole text has 390 bytes, and GitHub shows 200\._\n$/,
    );
  });

  test('of one endless line is cut between two characters', () => {
    const cut = cutMarkdown('ä'.repeat(500), 301);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(301);
    expect(cut).toMatch(/^ä+\n_Cut here/);
  });
});

/** CommonMark: a fence is closed by one of its own kind that is as long. */
function isInFence(markdown: string): boolean {
  let open = '';
  for (const line of markdown.split('\n')) {
    const marker = /^(`{3,}|~{3,})(.*)$/.exec(line);
    if (marker === null) continue;
    const [, fence = '', info = ''] = marker;
    if (open === '') open = fence;
    else if (fence.startsWith(open) && info === '') open = '';
  }
  return open !== '';
}
