import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  code,
  evidenceBlock,
  fence,
  fitted,
  inline,
  link,
  plain,
  sentence,
  table,
} from '../../src/report/markdown.js';
import { hostile } from './hostile.js';

const lines = (markdown: string): string[] => markdown.split('\n');

describe('inline', () => {
  test.each([
    ['a pipe cannot open another cell', 'a|b', 'a&#124;b'],
    ['a tag is shown, not obeyed', '<img src=x>', '&lt;img src=x&gt;'],
    ['a mention calls nobody', 'ask @acme/sre', 'ask @&#8203;acme/sre'],
    ['a reference is not made', 'fixes #12', 'fixes #&#8203;12'],
    ['a link stays text', '[x](y)', '\\[x\\](y)'],
    ['an address becomes code', 'see https://evil.example/x now', 'see `https://evil.example/x` now'],
    ['code stays code', 'run `npm test`', 'run `npm test`'],
    ['a lone backtick is text', 'a ` b', 'a &#96; b'],
    ['line breaks become spaces', 'a\r\nb\nc', 'a b c'],
    ['a version at the start is not a list', '1. x', '1\\. x'],
    ['a heading is text', '# x', '\\# x'],
    ['colours of a terminal are dropped', '\u001b[31mred\u001b[0m', 'red'],
    ['what reorders text is made visible', 'a\u202Eb', 'a\uFFFDb'],
  ])('%s', (_, text, markdown) => {
    expect(inline(text)).toBe(markdown);
  });

  test('holds no pipe, no line break, no live mention and no live address, whatever it is given', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const outsideCode = inline(text).replace(/`[^`]*`/g, '');
        expect(inline(text)).not.toMatch(/[|\r\n]/);
        expect(outsideCode).not.toMatch(/@\w|:\/\/|<(?!\/?code>)|(?<!\\)[[\]]/);
      }),
    );
  });

  test('is cut before it is escaped, so no escape is cut in half', () => {
    expect(inline('|'.repeat(50), 10)).toBe(`${'&#124;'.repeat(9)}…`);
  });
});

describe('code', () => {
  test('falls back to a tag where backticks cannot hold the text', () => {
    expect(code('a`b|c')).toBe('<code>a&#96;b&#124;c</code>');
  });
  test('nothing is shown as a dash', () => {
    expect(code('')).toBe('–');
  });
});

describe('link', () => {
  test('links an address of the web', () => {
    expect(link('run', 'https://github.com/a/b/runs/1')).toBe('[run](https://github.com/a/b/runs/1)');
  });
  test.each(['javascript:alert(1)', 'https://x/)[y](https://z', 'https://a b', 'data:text/html,x'])(
    'does not link %s',
    (url) => {
      expect(link('x', url)).toBe(`x (${code(url)})`);
    },
  );
});

test('a table keeps its columns, whatever is in its cells', () => {
  fc.assert(
    fc.property(fc.array(fc.array(hostile, { minLength: 3, maxLength: 3 }), { maxLength: 5 }), (rows) => {
      const cells = rows.map(([a = '', b = '', c = '']) => [inline(a), code(b), link(c, c)]);
      const made = lines(table(['A', 'B', 'C'], cells));
      expect(made).toHaveLength(rows.length + 2);
      for (const line of made) expect(line.split('|')).toHaveLength(5);
    }),
  );
});

describe('fences', () => {
  test('a fence is longer than any run of backticks in it', () => {
    expect(fence(['a ```` b'], 'text')).toBe('`````text\na ```` b\n`````');
  });

  test('no line inside can close it', () => {
    fc.assert(
      fc.property(fc.array(hostile), (content) => {
        const [mark = '', ...rest] = lines(fence(content));
        expect(rest.at(-1)).toBe(mark);
        for (const line of rest.slice(0, -1)) expect(line).not.toContain(mark);
      }),
    );
  });
});

describe('evidence', () => {
  test('keeps fences and makes list items of the rest', () => {
    const given = ['The last lines of `x`:', '', '```text', 'boom @alice <b>', '```', '- next'];
    expect(evidenceBlock(given)).toBe('- The last lines of `x`:\n\n```text\nboom @alice <b>\n```\n\n- next');
  });

  test('output that closes a fence too early is escaped all the same', () => {
    const made = evidenceBlock(['```text', '```', '![x](https://evil.example/p.png) @alice', '```']);
    expect(made).toContain('!\\[x\\](`https://evil.example/p.png)` @&#8203;alice');
  });

  test('a fence that never ends is closed', () => {
    expect(evidenceBlock(['```', 'a'])).toBe('```\na\n```');
  });

  test('outside of its fences nothing is live', () => {
    fc.assert(
      fc.property(fc.array(hostile), (given) => {
        const outside = withoutFences(evidenceBlock(given)).replace(/`[^`\n]*`/g, '');
        expect(outside).not.toMatch(/@\w|:\/\/|<(?!\/?code>)|(?<!\\)[[\]]/);
      }),
    );
  });
});

describe('fitted', () => {
  test('leaves what fits as it is', () => {
    expect(fitted('abc', 10)).toBe('abc');
  });

  test('cuts at a line, closes the fence and says so', () => {
    const cut = fitted(`head\n\`\`\`\`text\n${'line ``` x\n'.repeat(100)}\`\`\`\`\ntail`, 500);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(500);
    expect(cut).toMatch(/line ``` x\n````\n\n_Cut here/);
    expect(cut).not.toContain('tail');
  });

  test('unfolds what says so', () => {
    const text = (lines: number) =>
      `<details><summary>x</summary>\n\n\`\`\`\n</details>\n\`\`\`\n${'line\n'.repeat(lines)}\n</details>\n`;
    expect(fitted(text(200), 600)).toMatch(/line\n\n<\/details>\n\n_Cut here/);
    expect(fitted(`${text(1)}${'line\n'.repeat(200)}`, 600)).toMatch(/line\n\n_Cut here/);
  });

  test('never exceeds its limit', () => {
    fc.assert(
      fc.property(fc.array(hostile), fc.integer({ min: 400, max: 3000 }), (given, most) => {
        const text = evidenceBlock(given).repeat(5);
        expect(Buffer.byteLength(fitted(text, most))).toBeLessThanOrEqual(most);
      }),
    );
  });
});

test('a plain line has no control characters and counts whole characters', () => {
  expect(plain('a\u0000b\tc\nd')).toBe('a\uFFFDb c d');
  expect(plain('😀😀😀', 2)).toBe('😀…');
});

test.each([
  ['the suite failed', 'The suite failed.'],
  ['server.js was changed!', 'server.js was changed!'],
  ['`x` failed', '`x` failed.'],
  ['', ''],
])('%j as a sentence is %j', (text, expected) => {
  expect(sentence(text)).toBe(expected);
});

function withoutFences(markdown: string): string {
  let open: string | null = null;
  const outside: string[] = [];
  for (const line of lines(markdown)) {
    const mark = /^(`{3,})[\w-]*$/.exec(line)?.[1] ?? null;
    if (open === null && mark === null) outside.push(line);
    else if (open === null) open = mark;
    else if (line === open) open = null;
  }
  return outside.join('\n');
}
