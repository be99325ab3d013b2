import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { INPUTS, OUTPUTS, readInputs } from '../src/inputs.js';

const action = parse(readFileSync(new URL('../action.yml', import.meta.url), 'utf8'));

describe('action.yml', () => {
  test('has the inputs of the list, in its order, with its defaults and words, none required', () => {
    const listed = INPUTS.map((input) => [
      input.name,
      { description: input.description, required: false, default: 'default' in input ? input.default : '' },
    ]);
    expect(Object.entries(action.inputs)).toEqual(listed);
  });

  test('has the outputs of the list', () => {
    expect(Object.entries(action.outputs)).toEqual(
      OUTPUTS.map(({ name, description }) => [name, { description }]),
    );
  });

  test('runs one bundle on Node 24 as main and always as post', () => {
    expect(action.runs).toEqual({
      using: 'node24',
      main: 'dist/index.js',
      post: 'dist/index.js',
      'post-if': 'always()',
    });
    expect(action).toMatchObject({ name: 'Gated Release', branding: { icon: 'shield', color: 'green' } });
  });

  test('lets only the runner fill in the token and what describes the job', () => {
    const expressions = INPUTS.filter((input) => 'default' in input && input.default.includes('${{')).map(
      ({ name }) => name,
    );
    expect(expressions).toEqual(['token', 'job-status', 'job-id']);
  });
});

describe('the rollback workflow of the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, text = ''] = /```yaml\n(# \.github\/workflows\/rollback\.yml\n[\s\S]*?)```/.exec(readme) ?? [];
  const { on, jobs } = parse(text);
  const declared: Record<string, { default?: unknown; options?: string[] }> = on.workflow_dispatch.inputs;
  const given: Record<string, string> = jobs.rollback.steps.at(-1).with;

  /** What the step is given, by the two forms of expressions that the workflow has. */
  const evaluated = (chosen: Record<string, unknown>) => {
    const values = {
      ...Object.fromEntries(Object.entries(declared).map(([k, v]) => [k, v.default])),
      ...chosen,
    };
    return Object.entries(given).map(([name, value]): [string, string] => [
      name,
      value.replace(
        /\$\{\{ inputs\.([\w-]+)(?: && '([\w-]+)' \|\| '')? \}\}/,
        (_, input: string, then?: string) => {
          expect(declared).toHaveProperty([input]);
          return then === undefined ? String(values[input]) : values[input] ? then : '';
        },
      ),
    ]);
  };

  test('changes nothing by its defaults, and restores the data, broken or not, without an edit', () => {
    expect(Object.keys(given).filter((name) => !INPUTS.some((input) => input.name === name))).toEqual([]);
    const read = (chosen: object) => inputsOf(Object.fromEntries(evaluated({ reason: 'why', ...chosen })));
    expect(read({})).toMatchObject({ command: 'rollback', data: 'keep', version: null, override: [] });
    expect(declared.data?.options).toEqual(['keep', 'restore']);
    expect(read({ data: 'restore', 'broken-state': true, version: '1.4.0' })).toMatchObject({
      ...{ data: 'restore', version: '1.4.0', override: ['broken-state'], reason: 'why' },
    });
  });

  test('has the inputs that the page on restoring sets', () => {
    const page = readFileSync(new URL('../docs/backup/restore-by-hand.md', import.meta.url), 'utf8');
    const lines = page.split('\n').filter((line) => line.startsWith('gh workflow run rollback.yml'));
    const set = lines.flatMap((line) => [...line.matchAll(/ -f ([\w-]+)=/g)].map(([, name]) => name));
    expect([...new Set(set)]).toEqual(['reason', 'data', 'broken-state']);
    for (const name of set) expect(declared).toHaveProperty([name ?? '']);
  });
});

describe('inputs', () => {
  test('that are not given are null, or have their default', () => {
    expect(inputsOf({})).toEqual({
      command: 'release',
      data: 'keep',
      plan: '.github/gated-release.yml',
      environment: null,
      service: null,
      version: null,
      sha: null,
      verify: null,
      backup: null,
      canary: null,
      traffic: null,
      promote: null,
      rollback: null,
      inService: null,
      ready: null,
      canaryUrl: null,
      baselineUrl: null,
      watchMs: null,
      steps: null,
      override: [],
      reason: null,
      replay: null,
      allowWaiting: false,
      runbook: null,
      dryRun: false,
      workingDirectory: '.',
      token: '',
      rollbackToken: '',
      jobStatus: null,
      jobId: null,
    });
  });

  test('that are empty or blank are not given', () => {
    const blank = Object.fromEntries(INPUTS.map(({ name }) => [name, ' \n ']));
    expect(inputsOf(blank)).toEqual(inputsOf({}));
  });

  test('are read, trimmed and typed', () => {
    expect(
      inputsOf({
        promote: '  ./deploy.sh\n',
        'in-service': 'curl x',
        'canary-url': 'https://c.example/',
        watch: '10m',
        steps: '5:10m, 25%: 1h30m\n50 : 0',
        override: 'inconclusive\nledger',
        'dry-run': 'TRUE',
        'working-directory': 'shop',
        sha: 'ABCDEF0',
        token: 't',
        'job-status': 'cancelled',
      }),
    ).toMatchObject({
      promote: './deploy.sh',
      inService: 'curl x',
      canaryUrl: 'https://c.example/',
      watchMs: 600_000,
      steps: [
        { weight: 5, forMs: 600_000 },
        { weight: 25, forMs: 5_400_000 },
        { weight: 50, forMs: 0 },
      ],
      override: ['ledger', 'inconclusive'],
      dryRun: true,
      workingDirectory: 'shop',
      sha: 'abcdef0',
      token: 't',
      rollbackToken: 't',
      jobStatus: 'cancelled',
    });
  });

  test('compare with a baseline only beside a canary', () => {
    const read = readInputs({ 'INPUT_BASELINE-URL': 'https://b.example/' });
    expect(read).toMatchObject({ problems: [{ path: 'input baseline-url' }] });
  });

  test('replay samples only in a check', () => {
    const read = readInputs({ INPUT_REPLAY: 'samples.jsonl' });
    expect(read).toMatchObject({ problems: [{ path: 'input replay' }] });
    expect(inputsOf({ command: 'check', replay: 'samples.jsonl' })).toMatchObject({
      replay: 'samples.jsonl',
    });
  });

  test('keep the rollback token apart when it is given', () => {
    expect(inputsOf({ token: 't', 'rollback-token': 'r' })).toMatchObject({ token: 't', rollbackToken: 'r' });
  });

  test('take an emergency for the overrides that it stands for, each once', () => {
    expect(inputsOf({ urgency: 'emergency', override: 'ledger, window' }).override).toEqual([
      ...['window', 'ledger', 'approvals'],
    ]);
    expect(inputsOf({ urgency: 'routine' }).override).toEqual([]);
  });

  test('ignore variables that are no inputs', () => {
    expect(inputsOf({ unknown: 'x' })).toEqual(inputsOf({}));
  });

  test.each([
    ['command', 'promote', /Write one of: release, check, resume, rollback, status\./],
    ['dry-run', 'yes', /`true` or `false`/],
    ['dry-run', '1', /`true` or `false`/],
    ['dry-run', 'tRUE', /`true` or `false`/],
    ['watch', '10', /needs a unit/],
    ['steps', '5', /`5` is not/],
    ['steps', '5:10m, 101:10m', /`101:10m` is not/],
    ['steps', '0:10m', /`0:10m` is not/],
    ['steps', '5:10', /needs a unit.*`5:10`/],
    ['override', 'ledger, people', /Not known as an override: people.*ledger, inconclusive/],
    ['urgency', 'high', /`routine` or `emergency`/],
    ['sha', 'main', /hexadecimal/],
    ['sha', 'abcdef', /7 to 40/],
    ['version', 'a\nb', /one word/],
  ])('%s: `%s` is refused with the rule', (name, value, words) => {
    const [problem, ...others] = problemsOf({ [name]: value });
    expect(problem).toMatchObject({ path: `input ${name}`, found: value.replace('\n', ' ⏎ ') });
    expect(`${problem?.rule} ${problem?.remedy}`).toMatch(words);
    expect(others).toEqual([]);
  });

  test('that are wrong are told all at once', () => {
    const problems = problemsOf({
      command: 'x',
      watch: 'x',
      steps: 'x',
      'dry-run': 'x',
      override: 'x',
      sha: 'x',
    });
    expect(problems.map(({ path }) => path)).toEqual(
      ['command', 'sha', 'watch', 'steps', 'override', 'dry-run'].map((name) => `input ${name}`),
    );
  });
});

/** As the runner hands inputs over: only spaces become underscores, hyphens stay. */
function envOf(given: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

function inputsOf(given: Readonly<Record<string, string>>) {
  const read = readInputs(envOf(given));
  if ('inputs' in read) return read.inputs;
  throw new Error(JSON.stringify(read.problems));
}

function problemsOf(given: Readonly<Record<string, string>>) {
  const read = readInputs(envOf(given));
  return 'problems' in read ? read.problems : [];
}
