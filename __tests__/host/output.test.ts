import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCommandGuard } from '../../src/host/guard.js';
import { createOutput } from '../../src/host/output.js';
import { createRedactor } from '../../src/host/redact.js';
import { createBench } from './fixture.js';

function collect(chunks: readonly (string | Buffer)[]) {
  const lines: string[] = [];
  const masks: string[] = [];
  const output = createOutput({
    redactor: createRedactor({ env: {}, tokens: ['s3cr3t-token'], names: [] }),
    onMask: (value) => masks.push(value),
    show: (line) => lines.push(line),
  });
  for (const chunk of chunks) output.stdout.write(Buffer.from(chunk));
  return { ...output.end(), lines, masks };
}

describe('lines', () => {
  test('any way to cut bytes into chunks gives the same lines', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'ü', '😀', ' ') });
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 40 })), (printed, cuts) => {
        const bytes = Buffer.from(printed);
        const places = [
          0,
          ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
          bytes.length,
        ];
        const chunks = places.slice(1).map((to, i) => bytes.subarray(places[i], to));
        expect(collect(chunks).lines).toEqual(collect([printed]).lines);
      }),
    );
  });

  test('a carriage return ends a line, as it does for the runner', () => {
    expect(collect(['10 %\r20 %\r\n::error::x\r\n']).lines).toEqual(['10 %', '20 %', '::error::x']);
  });

  test('colours stay in the log and go from the tail; what moves the cursor goes', () => {
    const { lines, tail, lastLine } = collect([
      '\u001b[31mred\u001b[0m\u001b[2K\u001b]0;title\u0007\u0007 50\n',
    ]);
    expect(lines).toEqual(['\u001b[31mred\u001b[0m\ufffd 50']);
    expect(tail).toEqual(['red\ufffd 50']);
    expect(lastLine).toBe('red\ufffd 50');
  });

  test('invalid UTF-8 is shown as such and hurts nothing', () => {
    expect(collect([Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0a, 0xc3])]).lines).toEqual([
      'a\ufffd\ufffdb',
      '\ufffd',
    ]);
  });

  test('a secret with a control character inside is hidden after the character is dropped', () => {
    expect(collect(['s3cr3t\u001b[2K-token\n']).lines).toEqual(['***']);
  });

  test('a long line is cut, and a secret at the cut is not left in half', () => {
    const { lines } = collect([`${'x'.repeat(65_530)}s3cr3t-token${'y'.repeat(1_000_000)}\nnext\n`]);
    expect(lines[0]).toMatch(/x\*\*\*y{3}… \(\d+ more characters\)$/);
    expect(lines[1]).toBe('next');
  });
});

describe('masks', () => {
  test.each([
    ['::add-mask::p4ssw0rd'],
    ['  ::add-mask::p4ssw0rd'],
    ['##[add-mask]p4ssw0rd'],
    ['::ADD-MASK::p4ssw0rd'],
  ])('%j is obeyed and not shown, and hides what follows and the tail before it', (line) => {
    const { lines, masks, tail } = collect([`early p4ssw0rd\n${line}\nlate p4ssw0rd\n`]);
    expect(masks).toEqual(['p4ssw0rd']);
    expect(lines).toEqual(['early p4ssw0rd', 'late ***']);
    expect(tail).toEqual(['early ***', 'late ***']);
  });

  test('a mask of several lines is learned line by line', () => {
    const { lines, masks } = collect(['::add-mask::first-line%0Asecond-line\nsecond-line\n']);
    expect(masks).toEqual(['first-line\nsecond-line']);
    expect(lines).toEqual(['***']);
  });

  test('a mask is learned even beyond what is shown, and across chunks', () => {
    const flood = 'x\n'.repeat(250_000);
    const { masks, tail } = collect([
      flood,
      flood,
      `${flood}::add-`,
      'mask::p4ssw0rd\n',
      flood,
      'p4ssw0rd\n',
    ]);
    expect(masks).toEqual(['p4ssw0rd']);
    expect(tail.at(-1)).toBe('***');
  });
});

describe('a script that prints 100 MB', () => {
  test.each([
    ['long lines', 'head -c 104857600 /dev/zero | tr "\\0" x | fold -w 1000; echo; echo end', 17e6],
    ['short lines', '{ yes || true; } | head -c 104857600; echo end', 1e6],
    ['one line', 'head -c 104857600 /dev/zero | tr "\\0" x; echo; echo end', 1e6],
  ])('%s: the log stays small, the rest is counted, the end is there', async (_name, script, most) => {
    const bench = createBench();
    try {
      const before = process.memoryUsage().rss;
      const result = await bench.run(script);
      expect(result).toMatchObject({ outcome: 'ok', lastLine: 'end' });
      expect(result.tail.at(-1)).toBe('end');
      expect(bench.lines.reduce((bytes, line) => bytes + line.length + 1, 0)).toBeLessThan(most);
      expect(bench.lines.join('\n')).toMatch(/8\d MiB more not shown|100 MiB more not shown|more characters/);
      expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
    } finally {
      bench.remove();
    }
  });
});

describe('the guard', () => {
  /** What the runner would obey, by its own rules. */
  function obeyed(printed: readonly string[]): string[] {
    const commands: string[] = [];
    let token: string | null = null;
    for (const line of printed) {
      const [, name, data] =
        /^\s*::([^ :]+)[^:]*::(.*)$/.exec(line) ?? /##\[([^ \]]+)[^\]]*\](.*)$/.exec(line) ?? [];
      if (name === undefined) continue;
      if (token !== null) token = name === token ? null : token;
      else if (name === 'stop-commands') token = data ?? '';
      else commands.push(line);
    }
    return commands;
  }

  test('nothing that is printed is obeyed, and each of our own commands is', () => {
    const line = fc.constantFrom(
      'plain',
      '::error::x',
      ' ::add-path::/evil',
      'x ##[set-env name=A]b',
      '::stop-commands::mine',
      '::mine::',
      'a\r::error::b',
      'c\n::save-state name=a::b',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.constant(null))), (steps) => {
        const printed: string[] = [];
        const guard = createCommandGuard((one) => printed.push(one));
        for (const step of steps) {
          if (step !== null) guard.print(step);
          else {
            guard.leave();
            printed.push('::group::ours');
          }
        }
        expect(obeyed(printed)).toEqual(steps.filter((step) => step === null).map(() => '::group::ours'));
      }),
    );
  });

  test('ordinary output is printed as it is, without a token', () => {
    const printed: string[] = [];
    const guard = createCommandGuard((line) => printed.push(line));
    guard.print('hello');
    guard.leave();
    expect(printed).toEqual(['hello']);
  });

  test('each guard has a token of its own', () => {
    const printed: string[] = [];
    const guard = createCommandGuard((line) => printed.push(line));
    guard.print('::a::');
    guard.leave();
    guard.print('::b::');
    const tokens = printed.filter((line) => line.startsWith('::stop-commands::'));
    expect(new Set(tokens).size).toBe(2);
  });
});
