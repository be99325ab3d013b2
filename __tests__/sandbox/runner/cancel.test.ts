import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createWorld, isAlive, type World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(() => world.remove());

const quick = { sigintMs: 400, sigtermMs: 300, outputGraceMs: 500, cancelBudgetMs: 20_000 };

/** Notes each signal and its time, says that it is ready, and stays unless told otherwise. */
function stubborn(name: string, answers: { readonly exitOn?: string } = {}): string {
  return `
    const start = Date.now();
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {
      console.log(signal + ' seen');
      ${answers.exitOn === undefined ? '' : `if (signal === '${answers.exitOn}') process.exit(0);`}
    });
    console.log('ready ${name}');
    setInterval(() => {}, 1000);`;
}

describe('a cancel', () => {
  test('climbs SIGINT, SIGTERM, SIGKILL, and post still runs and learns of it', async () => {
    const step = await world.action({
      main: `import { appendFileSync } from 'node:fs';
        appendFileSync(process.env.GITHUB_STATE, 'weight=25\\n');
        ${stubborn('ladder')}`,
      post: "console.log('post', process.env['INPUT_JOB-STATUS'], process.env.STATE_weight);",
      inputs: '  job-status: {default: "${{ job.status }}"}',
    });
    const job = world.start([step, { kind: 'run', script: 'true' }], { timing: quick });
    await world.seen('ready ladder');
    const started = performance.now();
    job.cancel();
    job.cancel();
    const { status, steps, posts } = await job.result;
    const tookMs = performance.now() - started;
    expect(status).toBe('cancelled');
    expect(steps[0]).toMatchObject({ outcome: 'cancelled', signal: 'SIGKILL', exitCode: null });
    expect(steps[0]?.log.match(/SIG\w+ seen/g)).toEqual(['SIGINT seen', 'SIGTERM seen']);
    expect(steps[0]?.annotations.at(-1)?.message).toBe('The operation was canceled.');
    expect(steps[1]?.outcome).toBe('skipped');
    expect(posts[0]?.log).toContain('post cancelled 25');
    expect(tookMs).toBeGreaterThan(650);
  });

  test('is a cancelled step even when the process answers SIGINT with exit 0', async () => {
    const step = await world.action({ main: stubborn('polite', { exitOn: 'SIGINT' }) });
    const job = world.start([step], { timing: quick });
    await world.seen('ready polite');
    job.cancel();
    const { steps } = await job.result;
    expect(steps[0]).toMatchObject({ outcome: 'cancelled', exitCode: 0 });
    expect(steps[0]?.log).not.toContain('SIGTERM');
  });

  test('signals the node process alone: its child lives on, and is swept at the end of the job', async () => {
    const step = await world.action({
      main: `import { spawn } from 'node:child_process';
        const child = spawn('sleep', ['300'], { stdio: 'ignore' });
        console.log('child ' + child.pid);
        ${stubborn('parent', { exitOn: 'SIGINT' })}`,
      post: `import { execFileSync } from 'node:child_process';
        console.log(execFileSync('pgrep', ['-f', '^sleep 300$', '-P', '1']).toString() ? 'orphan lives' : '');`,
    });
    const job = world.start([step], { timing: quick });
    await world.seen('ready parent');
    job.cancel();
    const { swept, steps, posts } = await job.result;
    const pid = Number(/child (\d+)/.exec(steps[0]?.log ?? '')?.[1]);
    expect(posts[0]?.log).toContain('orphan lives');
    expect(swept).toEqual([{ pid, command: 'sleep 300' }]);
    expect(isAlive(pid)).toBe(false);
  });

  test('leaves a step with always() and a running post alone', async () => {
    const step = await world.action({
      main: '',
      post: "console.log('ready post'); await new Promise((done) => setTimeout(done, 600)); console.log('post done');",
    });
    const job = world.start([step], { timing: { ...quick, sigintMs: 50, sigtermMs: 50 } });
    await world.seen('ready post');
    job.cancel();
    const { status, posts } = await job.result;
    expect(status).toBe('cancelled');
    expect(posts[0]).toMatchObject({ outcome: 'success', exitCode: 0 });
    expect(posts[0]?.log).toContain('post done');
  });

  test('has a budget for the whole job: past it, post is killed and the next post does not run', async () => {
    const first = await world.action({ main: '', post: "console.log('never');" });
    const second = await world.action({ main: '', post: stubborn('budget') });
    const job = world.start([first, second], { timing: { ...quick, cancelBudgetMs: 300 } });
    await world.seen('ready budget');
    job.cancel();
    const { status, posts } = await job.result;
    expect(status).toBe('cancelled');
    expect(posts.map(({ outcome, signal }) => [outcome, signal])).toEqual([
      ['failure', 'SIGKILL'],
      ['skipped', null],
    ]);
  });

  test('runs the post of an action that was killed at once', async () => {
    const step = await world.action({ main: stubborn('killed'), post: "console.log('after the kill');" });
    const job = world.start([step], { timing: quick });
    await world.seen('ready killed');
    expect(isAlive(job.mainPid() ?? 0)).toBe(true);
    job.kill('SIGKILL');
    const { status, steps, posts } = await job.result;
    expect(status).toBe('failure');
    expect(steps[0]).toMatchObject({ outcome: 'failure', signal: 'SIGKILL' });
    expect(posts[0]?.log).toContain('after the kill');
    expect(job.mainPid()).toBeNull();
  });
});

describe('a lost runner', () => {
  test('ends main and its children at once and runs no post', async () => {
    const step = await world.action({
      main: `import { spawn } from 'node:child_process';
        console.log('child ' + spawn('sleep', ['301'], { stdio: 'ignore', detached: true }).pid);
        ${stubborn('lost')}`,
      post: "console.log('never');",
    });
    const job = world.start([step], { timing: quick });
    await world.seen('ready lost');
    job.lose();
    const { status, steps, posts } = await job.result;
    expect(status).toBe('failure');
    expect(steps[0]?.log).not.toContain('SIGINT');
    expect(posts.map(({ outcome }) => outcome)).toEqual(['skipped']);
    expect(isAlive(Number(/child (\d+)/.exec(steps[0]?.log ?? '')?.[1]))).toBe(false);
  });
});

describe('a timeout', () => {
  test('climbs the same ladder and is a failure, and post inherits it', async () => {
    const slow = stubborn('timeout', { exitOn: 'SIGINT' });
    const step = await world.action({ main: slow, post: slow });
    const { status, steps, posts } = await world.run([{ ...step, id: 'late', timeoutMinutes: 0.01 }], {
      timing: quick,
    });
    expect(status).toBe('failure');
    expect(steps[0]?.annotations.at(-1)?.message).toBe("The action 'late' has timed out after 0.01 minutes.");
    expect(posts[0]).toMatchObject({ outcome: 'failure' });
    expect(posts[0]?.log).toContain('SIGINT seen');
  });
});

describe('a child that holds stdout', () => {
  test('delays the end of the step by the grace and no longer', async () => {
    const step = await world.action({
      main: `import { spawn } from 'node:child_process';
        spawn('sleep', ['302'], { stdio: 'inherit', detached: true }).unref();`,
    });
    const { steps, swept } = await world.run([step], { timing: quick });
    expect(steps[0]?.outcome).toBe('success');
    expect(steps[0]?.durationMs).toBeGreaterThan(490);
    expect(steps[0]?.durationMs).toBeLessThan(5000);
    expect(swept.map(({ command }) => command)).toEqual(['sleep 302']);
  });

  test('that ends first delays it by its own time only', async () => {
    const { steps, swept } = await world.run([{ kind: 'run', script: '(sleep 0.2; echo late words) &' }]);
    expect(steps[0]?.log).toContain('late words');
    expect(steps[0]?.durationMs).toBeLessThan(4000);
    expect(swept).toEqual([]);
  });
});
