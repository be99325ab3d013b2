import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { appendSummary, cutMarkdown } from '../../src/host/summary.js';

test('a summary that fits is written as it is, one after the other', () => {
  const directory = mkdtempSync(join(tmpdir(), 'summary-'));
  const file = join(directory, 'summary.md');
  expect(appendSummary('# One', file)).toBe(true);
  expect(appendSummary('# Two\n', file)).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe('# One\n# Two\n');
  rmSync(directory, { recursive: true });
});

test('all summaries together stay below the limit, and say that they were cut', () => {
  const directory = mkdtempSync(join(tmpdir(), 'summary-'));
  const file = join(directory, 'summary.md');
  for (let i = 0; i < 4; i++) appendSummary(`${'ü'.repeat(99)}\n`.repeat(2500), file);
  const written = readFileSync(file);
  expect(written.length).toBeLessThan(1024 * 1024);
  expect(written.toString()).toContain('Cut here');
  rmSync(directory, { recursive: true });
});

test('without a place to write nothing fails', () => {
  expect(appendSummary('# One', undefined)).toBe(false);
  expect(appendSummary('# One', '/nowhere/summary.md')).toBe(false);
});

test('a cut ends on a whole line, with what was open closed', () => {
  const lines = ['<details>', '````text', '```', 'a line', 'another line', '````', '</details>', 'end'];
  expect(cutMarkdown(lines.join('\n'), 40).split('\n').slice(0, 7)).toEqual([
    '<details>',
    '````text',
    '```',
    'a line',
    '````',
    '',
    '</details>',
  ]);
});

test('a cut never leaves a fence open', () => {
  const line = fc.constantFrom('```', '```js', '~~~', '````', 'text', '<details>', '</details>');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.nat({ max: 200 }), (lines, bytes) => {
      const cut = cutMarkdown(lines.join('\n'), bytes);
      if (cut !== lines.join('\n')) expect(openFence(cut.split('\n'))).toBeNull();
    }),
  );
});

function openFence(lines: readonly string[]): string | null {
  let open: string | null = null;
  for (const line of lines) {
    const run = /^(`{3,}|~{3,})/.exec(line)?.[1];
    if (run === undefined) continue;
    if (open === null) open = run;
    else if (run[0] === open[0] && run.length >= open.length && line === run) open = null;
  }
  return open;
}
