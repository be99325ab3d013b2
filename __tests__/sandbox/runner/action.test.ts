import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { StepResult } from '../../../sandbox/runner/contract.js';
import { createWorld, token, type World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(() => world.remove());

/** Prints its environment as JSON under a key, for the test to read. */
const printEnv = "console.log('ENV ' + JSON.stringify({ ...process.env, cwd: process.cwd() }));\n";

function envOf(result: StepResult | undefined): Record<string, string> {
  const line = result?.log.split('\n').find((text) => text.startsWith('ENV ')) ?? 'ENV {}';
  return JSON.parse(line.slice(4)) as Record<string, string>;
}

describe('the environment of an action', () => {
  test('has inputs in capitals, with hyphens kept and spaces replaced, and defaults evaluated', async () => {
    const step = await world.action({
      main: printEnv,
      inputs: [
        '  dry-run: {default: false}',
        '  two words: {default: x}',
        '  weight: {default: "10"}',
        '  nothing: {}',
        '  status: {default: "${{ job.status }}"}',
        '  job-id: {default: "${{ job.check_run_id }}"}',
        '  who: {default: "${{ github.repository }} by ${{ github.actor }}"}',
        '  after: {default: "${{ github.event.inputs.when }}/${{ github.event.no.such }}"}',
      ].join('\n'),
    });
    const { steps } = await world.run([{ ...step, with: { WEIGHT: '25' } }], {
      jobId: 4711,
      event: { name: 'workflow_dispatch', payload: { inputs: { when: 'now' } } },
    });
    expect(envOf(steps[0])).toMatchObject({
      'INPUT_DRY-RUN': 'false',
      INPUT_TWO_WORDS: 'x',
      INPUT_WEIGHT: '25',
      INPUT_NOTHING: '',
      INPUT_STATUS: 'success',
      'INPUT_JOB-ID': '4711',
      INPUT_WHO: 'acme/shop by alice',
      INPUT_AFTER: 'now/',
    });
  });

  test('an unknown input only warns, and still arrives', async () => {
    const step = await world.action({ main: printEnv, inputs: '  known: {}' });
    const { status, steps } = await world.run([{ ...step, with: { typo: 'x' } }]);
    expect(status).toBe('success');
    expect(steps[0]?.annotations).toEqual([
      { level: 'warning', message: "Unexpected input(s) 'typo', valid inputs are ['known']" },
    ]);
    expect(envOf(steps[0]).INPUT_TYPO).toBe('x');
  });

  test('names the commit, the event and the addresses, and carries the runtime token but not the job token', async () => {
    const { steps } = await world.run([await world.action({ main: printEnv })], {
      runId: 77,
      runAttempt: 2,
      ref: 'refs/tags/v1.2',
    });
    const env = envOf(steps[0]);
    expect(env).toMatchObject({
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION: 'step-1',
      GITHUB_API_URL: 'http://127.0.0.1:9999',
      GITHUB_GRAPHQL_URL: 'http://127.0.0.1:9999/graphql',
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF_NAME: 'v1.2',
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REPOSITORY_OWNER: 'acme',
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_RUN_ID: '77',
      GITHUB_SHA: 'a'.repeat(40),
      GITHUB_WORKSPACE: world.workspace,
      RUNNER_OS: 'Linux',
      cwd: world.workspace,
    });
    expect(env.RUNNER_TRACKING_ID).toMatch(/^github_/);
    expect(env.ACTIONS_RUNTIME_TOKEN).toBe('***');
    expect(env).not.toHaveProperty('GITHUB_TOKEN');
    expect(JSON.stringify(env)).not.toContain(token);
  });

  test('has the payload of the event in a file, and a closed stdin', async () => {
    const step = await world.action({
      main: `import { readFileSync } from 'node:fs';
        console.log(readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8'), JSON.stringify(readFileSync(0, 'utf8')));`,
    });
    const { steps } = await world.run([step]);
    expect(steps[0]?.log).toContain(`{"after":"${'a'.repeat(40)}"} ""`);
  });

  test('does not inherit the developer’s secrets', async () => {
    process.env.DEVELOPERS_SECRET = 'hunter2';
    const { steps } = await world.run([await world.action({ main: printEnv })], { env: { JOB: 'yes' } });
    delete process.env.DEVELOPERS_SECRET;
    expect(envOf(steps[0])).not.toHaveProperty('DEVELOPERS_SECRET');
    expect(envOf(steps[0]).JOB).toBe('yes');
  });

  test('a script step gets neither the inputs nor the runtime token', async () => {
    const { steps } = await world.run([{ kind: 'run', script: 'env' }]);
    expect(steps[0]?.log).toContain('GITHUB_SHA=');
    expect(steps[0]?.log).not.toContain('ACTIONS_RUNTIME_TOKEN');
  });
});

describe('post', () => {
  test('runs last in, first out, with the state of its own step only', async () => {
    const parts = {
      main: `import { appendFileSync } from 'node:fs';
        appendFileSync(process.env.GITHUB_STATE, 'Name=' + process.env.INPUT_NAME + '\\n');`,
      post: "console.log('state', process.env.STATE_Name);\n",
      inputs: '  name: {}',
    };
    const first = { ...(await world.action(parts)), id: 'first', with: { name: 'one' } };
    const second = { ...(await world.action(parts)), id: 'second', with: { name: 'two' } };
    const { posts } = await world.run([first, second]);
    expect(posts.map(({ id, log }) => [id, log])).toEqual([
      ['second', 'Post job cleanup.\nstate two\n'],
      ['first', 'Post job cleanup.\nstate one\n'],
    ]);
  });

  test('gets its inputs evaluated anew, so that it learns how the job went', async () => {
    const step = await world.action({
      main: '',
      post: printEnv,
      inputs: '  job-status: {default: "${{ job.status }}"}',
    });
    const { posts } = await world.run([step, { kind: 'run', script: 'exit 3' }]);
    expect(envOf(posts[0])['INPUT_JOB-STATUS']).toBe('failure');
  });

  test('is registered when main starts: after a crash it runs, after a skipped main it does not', async () => {
    const crash = await world.action({ main: 'throw new Error("oops");', post: 'console.log("tidied");' });
    const { status, posts, steps } = await world.run([crash, { ...crash, id: 'later' }]);
    expect(status).toBe('failure');
    expect(steps.map(({ outcome }) => outcome)).toEqual(['failure', 'skipped']);
    expect(posts).toHaveLength(1);
  });

  test.each([
    ['always()', 'success', 'success'],
    ['success()', 'success', 'skipped'],
    ['failure()', 'skipped', 'success'],
    ['cancelled()', 'skipped', 'skipped'],
    ["failure() && github.ref == 'refs/heads/main'", 'skipped', 'success'],
  ])('with post-if %s looks at the status of the job', async (postIf, whenGood, whenBad) => {
    const step = await world.action({ main: '', post: '', postIf });
    const good = await world.run([step]);
    const bad = await world.run([step, { kind: 'run', script: 'false' }]);
    expect([good.posts[0]?.outcome, bad.posts[0]?.outcome]).toEqual([whenGood, whenBad]);
  });

  test('that fails makes the job fail', async () => {
    const step = await world.action({ main: '', post: 'process.exit(1)' });
    const { status, steps, posts } = await world.run([step]);
    expect([status, steps[0]?.outcome, posts[0]?.outcome]).toEqual(['failure', 'success', 'failure']);
  });

  test('is read anew from the directory: a main that removes it fails its post', async () => {
    const step = await world.action({
      main: `import { rmSync } from 'node:fs'; rmSync(new URL('action.yml', import.meta.url));`,
      post: '',
    });
    const { posts } = await world.run([step]);
    expect(posts[0]?.annotations[0]?.message).toContain("Can't find 'action.yml'");
  });
});

describe('the status', () => {
  test('continue-on-error keeps the outcome and mends the conclusion', async () => {
    const { status, steps } = await world.run([{ kind: 'run', script: 'exit 7', continueOnError: true }]);
    expect(status).toBe('success');
    expect(steps[0]).toMatchObject({ outcome: 'failure', conclusion: 'success', exitCode: 7 });
  });

  test('a step with always() runs after a failure, and one without does not', async () => {
    const { steps } = await world.run([
      { kind: 'run', script: 'false' },
      { kind: 'run', script: 'true' },
      { kind: 'run', script: 'true', if: 'always' },
    ]);
    expect(steps.map(({ outcome }) => outcome)).toEqual(['failure', 'skipped', 'success']);
  });

  test('an output of one step is an input of a later one', async () => {
    const step = await world.action({ main: printEnv, inputs: '  from: {}' });
    const { steps } = await world.run([
      {
        kind: 'run',
        id: 'one',
        script: 'echo "color=blue" >> "$GITHUB_OUTPUT"; echo "$PWD" >> "$GITHUB_PATH"',
      },
      { ...step, with: { from: '${{ steps.one.outputs.color }} ${{ steps.one.outcome }}' } },
    ]);
    expect(envOf(steps[1]).INPUT_FROM).toBe('blue success');
    expect(envOf(steps[1]).PATH?.split(':')[0]).toBe(world.workspace);
  });

  test.each([
    ['no action.yml', {}, "Can't find 'action.yml'"],
    ['an unknown runtime', { 'action.yml': 'runs: {using: node99, main: a.js}' }, 'runs.using "node99"'],
    ['no main file', { 'action.yml': 'runs: {using: node24, main: a.js}' }, 'File not found'],
  ])('an action with %s fails its step with the reason', async (_, files, reason) => {
    const step = await world.action({ main: '' });
    const directory = join(step.directory, 'inner');
    await import('node:fs/promises').then(({ mkdir }) => mkdir(directory));
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const { status, steps } = await world.run([{ ...step, directory }]);
    expect(status).toBe('failure');
    expect(steps[0]?.annotations[0]?.message).toContain(reason);
  });
});
