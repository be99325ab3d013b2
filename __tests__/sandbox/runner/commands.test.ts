import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readPairs } from '../../../sandbox/runner/file-commands.js';
import { createWorld, token, type World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(() => world.remove());

const script = (text: string) => world.run([{ kind: 'run' as const, script: text }]);

/** Prints the lines as they are, from an action, so that the log does not repeat the script first. */
async function print(lines: readonly string[], stream: 'stdout' | 'stderr' = 'stdout') {
  const text = `${lines.join('\n')}\n`;
  const step = await world.action({ main: `process.${stream}.write(${JSON.stringify(text)});` });
  const { steps, status } = await world.run([step]);
  const [first] = steps;
  if (first === undefined) throw new Error('The job has no step.');
  return { ...first, status, printed: first.log.split('##[endgroup]\n').slice(1).join('##[endgroup]\n') };
}

describe('command files', () => {
  test('are read in both forms, the first of = and << on a line deciding', () => {
    const text = 'a=1\n\nb<<END\ntwo\nlines\nEND\nc=x<<y=z\nd<<E=\n=\nE=\ne<<E\nE\nf=\n';
    expect([...readPairs(text)]).toEqual([
      ['a', '1'],
      ['b', 'two\nlines'],
      ['c', 'x<<y=z'],
      ['d', '='],
      ['e', ''],
      ['f', ''],
    ]);
  });

  test('what a toolkit writes comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.stringMatching(/^[A-Za-z_-]{1,8}$/), fc.string())), (pairs) => {
        const text = pairs
          .map(([name, value]) => `${name}<<ghadelimiter_1\n${value}\nghadelimiter_1\n`)
          .join('');
        expect([...readPairs(text)]).toEqual(pairs);
      }),
    );
  });

  test.each([
    ['a heredoc cut off in its value', 'ok=1\nstate<<END\nhalf', 'EOF marker missing new line'],
    ['a heredoc without its delimiter', 'ok=1\nstate<<END\nhalf\n', 'Matching delimiter not found'],
    ['a line that is neither', 'ok=1\nnonsense\n', "Invalid format 'nonsense'"],
    ['a heredoc without a name', 'ok=1\n<<END\nx\nEND\n', 'Name must not be empty'],
  ])('with %s fail the step and keep the entries before', async (_, text, reason) => {
    const step = await world.action({
      main: `import { appendFileSync } from 'node:fs';
        appendFileSync(process.env.GITHUB_STATE, ${JSON.stringify(text)});
        appendFileSync(process.env.GITHUB_OUTPUT, 'out=kept\\n');`,
      post: "console.log('state', process.env.STATE_ok, process.env.STATE_state);",
    });
    const { steps, posts } = await world.run([step]);
    expect(steps[0]).toMatchObject({ outcome: 'failure', exitCode: 0, outputs: { out: 'kept' } });
    expect(steps[0]?.annotations.map(({ message }) => message)).toEqual([
      "Unable to process file command 'state' successfully.",
      expect.stringContaining(reason),
    ]);
    expect(posts[0]?.log).toContain('state 1 undefined');
  });

  test('are separate for main and post', async () => {
    const write = (text: string) => `import { appendFileSync } from 'node:fs';
      appendFileSync(process.env.GITHUB_STEP_SUMMARY, '${text}\\n');`;
    const step = await world.action({ main: write('# main'), post: write('# post') });
    const { steps, posts } = await world.run([step]);
    expect([steps[0]?.summary, posts[0]?.summary]).toEqual(['# main\n', '# post\n']);
  });

  test('cannot set NODE_OPTIONS, and hand everything else to later steps', async () => {
    const { steps } = await world.run([
      { kind: 'run', script: 'printf "NODE_OPTIONS=--no-warnings\\nCOLOR=blue\\n" >> "$GITHUB_ENV"' },
      { kind: 'run', script: 'echo "[$COLOR][$NODE_OPTIONS]"' },
    ]);
    expect(steps[0]?.annotations[0]?.message).toContain("Can't store NODE_OPTIONS");
    expect(steps[1]?.log).toContain('\n[blue][]\n');
  });

  test('an output beyond 1 MB is dropped with an error', async () => {
    const { steps } = await script(
      'printf "big=%s\\nsmall=1\\n" "$(head -c 600000 /dev/zero | tr "\\0" x)" >> "$GITHUB_OUTPUT"',
    );
    expect(steps[0]?.outputs).toEqual({ small: '1' });
    expect(steps[0]?.annotations[0]?.message).toContain("The output 'big' is larger than 1 MB");
  });

  test('a state longer than a variable may be keeps its post from starting', async () => {
    const step = await world.action({
      main: `import { appendFileSync } from 'node:fs';
        appendFileSync(process.env.GITHUB_STATE, 'big=' + 'x'.repeat(131072) + '\\n');`,
      post: '',
    });
    const { status, posts } = await world.run([step]);
    expect(status).toBe('failure');
    expect(posts[0]?.annotations[0]?.message).toContain('E2BIG');
  });

  test('a summary beyond 1 MiB is dropped with an error, and the step stays green', async () => {
    const { status, steps } = await script('head -c 1048577 /dev/zero >> "$GITHUB_STEP_SUMMARY"');
    expect(status).toBe('success');
    expect(steps[0]).toMatchObject({ outcome: 'success', summary: '' });
    expect(steps[0]?.annotations[0]?.message).toContain(
      'upload aborted, supports content up to a size of 1024k',
    );
  });
});

describe('workflow commands', () => {
  test.each(['stdout', 'stderr'] as const)('are obeyed on %s', async (stream) => {
    const { annotations, printed } = await print(
      ['::error file=src/a.ts,line=3,endLine=4,title=A%3A b::line 1%0Aline 2 %2525', 'plain'],
      stream,
    );
    expect(annotations).toEqual([
      { level: 'error', message: 'line 1\nline 2 %25', file: 'src/a.ts', line: 3, endLine: 4, title: 'A: b' },
    ]);
    expect(printed).toBe('##[error]line 1\nline 2 %25\nplain\n');
  });

  test('that are unknown are ordinary output', async () => {
    const { printed } = await print(['::unknown::x', 'a ::error::in the middle', '::error no end']);
    expect(printed).toBe('::unknown::x\na ::error::in the middle\n::error no end\n');
  });

  test('in the older form are obeyed anywhere in a line', async () => {
    const { annotations } = await print(['prefix ##[warning file=x;line=2]careful%5D']);
    expect(annotations).toEqual([{ level: 'warning', message: 'careful]', file: 'x', line: 2 }]);
  });

  test('behind a lone carriage return are obeyed, as it ends a line', async () => {
    const { annotations } = await print(['progress\r::error::hidden']);
    expect(annotations).toEqual([{ level: 'error', message: 'hidden' }]);
  });

  test('are not obeyed between stop-commands and its token', async () => {
    const { annotations, printed } = await print([
      '::stop-commands::abc',
      '::error::no',
      '##[error]no',
      '::add-mask::secret-1',
      '::ABC::',
      '::error::yes',
    ]);
    expect(annotations).toEqual([{ level: 'error', message: 'yes' }]);
    expect(printed).toContain('::add-mask::secret-1\n');
  });

  test('a stop token that is itself a command is refused', async () => {
    const { status, annotations } = await print(['::stop-commands::warning', '::warning::still heard']);
    expect(status).toBe('failure');
    expect(annotations.at(-1)).toEqual({ level: 'warning', message: 'still heard' });
  });

  test('set-output and save-state are still honoured, set-env and add-path fail the step', async () => {
    const good = await print(['::set-output name=a::1', '::save-state name=b::2']);
    expect(good).toMatchObject({ status: 'success', outputs: { a: '1' }, state: { b: '2' } });
    for (const line of ['::set-env name=A::1', '::add-path::/x', '::set-output::nameless']) {
      expect((await print([line])).outcome).toBe('failure');
    }
  });

  test('groups become what GitHub folds, and debug is silent', async () => {
    const { printed } = await print(['::group::Deploy', 'x', '::endgroup::', '::debug::hush']);
    expect(printed).toBe('##[group]Deploy\nx\n##[endgroup]\n');
  });

  test('annotations end at ten of a kind and at 4096 characters, the log goes on', async () => {
    const lines = Array.from({ length: 12 }, (_, index) => `::error::number ${index}`);
    const { annotations, printed } = await print([...lines, `::notice::${'x'.repeat(5000)}`]);
    expect(annotations.filter(({ level }) => level === 'error')).toHaveLength(10);
    expect(annotations.at(-1)?.message).toHaveLength(4096);
    expect(printed).toContain('##[error]number 11\n');
  });
});

describe('masks', () => {
  test('cover the whole value, each of its lines and its encodings, in the log, annotations and the summary', async () => {
    const secret = 'first-line\nsecond-line';
    const step = await world.action({
      main: `import { appendFileSync } from 'node:fs';
        console.log('::add-mask::first-line%0Asecond-line');
        const encoded = Buffer.from('user:first-line').toString('base64');
        console.log('one first-line', encodeURIComponent('second-line'), encoded);
        console.log('::error::second-line');
        appendFileSync(process.env.GITHUB_STEP_SUMMARY, '| first-line |\\n| ${token} |\\n');`,
    });
    const { steps, log } = await world.run([{ ...step, with: { given: token } }]);
    for (const text of [...secret.split('\n'), token]) expect(log).not.toContain(text);
    expect(steps[0]?.log).toContain('one *** *** ');
    expect(steps[0]?.log).not.toContain(Buffer.from('first-l').toString('base64').slice(2, -4));
    expect(steps[0]?.log).toContain('given: ***');
    expect(steps[0]?.annotations.at(-1)?.message).toBe('***');
    expect(steps[0]?.summary).toBe('| *** |\n| *** |\n');
  });

  test('an empty one only warns', async () => {
    const { status, annotations } = await print(['::add-mask::']);
    expect(status).toBe('success');
    expect(annotations[0]?.level).toBe('warning');
  });

  test('secrets of the job are masked without being asked', async () => {
    const { steps } = await world.run(
      [{ kind: 'run', script: 'echo "is $S"', env: { S: '${{ secrets.DSN }}' } }],
      { secrets: { DSN: 'postgres://u:p@h/db' } },
    );
    expect(steps[0]?.log).toContain('is ***\n');
  });
});

test('a flood of 100 MB ends in time and leaves a log of bearable size', async () => {
  const { status, steps } = await script(
    'head -c 100000000 /dev/zero | tr "\\0" "x" | fold -w 1000; echo end',
  );
  expect(status).toBe('success');
  expect(steps[0]?.log.length).toBeLessThan(40 * 1024 * 1024);
});
