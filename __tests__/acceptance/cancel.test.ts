import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Job, Step } from '../../sandbox/runner/contract.js';
import { conclusionOf, expectEnd, storyOf } from './expect-end.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { PLAIN_PLAN, quickCanary, quickPlan } from './quick-plan.js';
import { type Released, type ReleaseOptions, SCRIPTS, type Scenario } from './scenario.js';
import { until } from './until.js';

/** A canary step that nobody waits out. */
const longPlan = quickPlan({ canary: quickCanary({ steps: [{ weight: 10, for: '5m' }] }) });

interface Stopped extends Released {
  /** How long post took to bring traffic to 0, from its start; in milliseconds. */
  readonly trafficBackMs: number;
  /** Requests that GitHub got from the start of post on. */
  readonly asked: number;
}

/** Releases 1.2, does something to its job once `when` holds, and watches its post. */
async function stopped(
  scenario: Scenario,
  options: { when: (lines: readonly string[]) => boolean; act: (job: Job) => void; release?: ReleaseOptions },
): Promise<Stopped> {
  const { github, service } = scenario;
  const lines: string[] = [];
  let postAt: number | null = null;
  let asked = 0;
  const { job, done } = await scenario.begin({
    version: '1.2',
    ...options.release,
    onLine: (line) => {
      lines.push(line);
      if (line !== 'Post job cleanup.') return;
      postAt = performance.now();
      asked = github.requests.length;
    },
  });
  await until(() => options.when(lines));
  options.act(job);
  await until(() => postAt !== null);
  await until(() => service.weight() === 0);
  const trafficBackMs = performance.now() - (postAt ?? 0);
  return { ...(await done), trafficBackMs, asked: github.requests.length - asked };
}

/** The packaged action, but for its post, which comes twice with the same state. */
function postsTwice({ directory }: Scenario): (release: Step) => readonly Step[] {
  const twice = join(directory, 'posts-twice');
  mkdirSync(twice);
  const index = JSON.stringify(join(process.cwd(), 'dist', 'index.js'));
  const text = readFileSync('action.yml', 'utf8');
  writeFileSync(
    join(twice, 'action.yml'),
    text.replace('main: dist/index.js', 'main: main.mjs').replace('post: dist/index.js', 'post: post.mjs'),
  );
  writeFileSync(join(twice, 'main.mjs'), `await import(${index});\n`);
  writeFileSync(
    join(twice, 'post.mjs'),
    `import { spawnSync } from 'node:child_process';
for (const time of ['first', 'second']) {
  console.log('the ' + time + ' post');
  process.exitCode = spawnSync(process.execPath, [${index}], { stdio: 'inherit' }).status;
}
`,
  );
  return (release) => [{ ...release, directory: twice } as Step];
}

const onCanary = (scenario: Scenario) => () => scenario.service.requests('1.2') > 10;
const cancel = (job: Job) => job.cancel();

test.concurrent(
  'a cancel while suites run blocks the release, moves nothing and leaves nothing running',
  play(
    { plan: quickPlan({ verify: { slow: { run: 'echo verifying; sleep 300', timeout: '10m' } } }) },
    async (scenario) => {
      const done = await stopped(scenario, {
        when: (lines) => lines.includes('verifying'),
        act: cancel,
      });
      expect(done.job.status).toBe('cancelled');
      expect(done).toMatchObject({ decision: 'blocked', reason: 'cancelled', asked: 0 });
      expect(scenario.service.calls()).toEqual([]);
      const { events } = await expectEnd(scenario, done, {
        decision: 'blocked',
        reason: 'cancelled',
        weight: 0,
        stable: '1.0',
      });
      expect(storyOf(events)).not.toContain('stage-started rollback');
      expect(conclusionOf(scenario, done.sha, 'verify')).toBe('cancelled');
    },
  ),
);

test.concurrent(
  'a cancel during a canary step is finished by post: traffic within seconds, then the version, one commit; a second post does nothing',
  play({ plan: longPlan }, async (scenario) => {
    await promotedBefore(scenario);
    const twice = { steps: postsTwice(scenario) };
    const done = await stopped(scenario, { when: onCanary(scenario), act: cancel, release: twice });
    expect(done.job.status).toBe('cancelled');
    expect(done.trafficBackMs).toBeLessThan(3_000);
    const [post] = done.job.posts;
    expect({ exitCode: post?.exitCode, second: post?.log.split('the second post\n')[1] }).toEqual({
      exitCode: 0,
      second: '',
    });
    const [first, ...rest] = scenario.service.calls().slice(2);
    expect([first, ...rest.filter((call) => call !== 'weight 0')]).toEqual([
      'weight 0',
      'rollback 1.1',
      'remove',
    ]);
    const { events } = await expectEnd(scenario, done, {
      decision: 'rolled-back',
      reason: 'cancelled',
      weight: 0,
      stable: '1.1',
    });
    expect(storyOf(events).filter((one) => one === 'rollback-commit')).toHaveLength(1);
    expect(await scenario.github.git('rev-parse', 'main^')).toBe(done.sha);
    expect(await scenario.current()).toMatchObject({
      release: null,
      lease: null,
      last_promoted: { version: '1.1' },
    });
    expect(conclusionOf(scenario, done.sha, 'canary')).toBe('cancelled');
    expect(conclusionOf(scenario, done.sha, 'rollback')).toBe('success');
    expect(done.job.posts[0]?.log).toContain('ROLLED BACK');
  }),
);

test.concurrent(
  'a cancelled promote script that ignores SIGTERM is killed, and the old version comes back',
  play(
    {
      plan: quickPlan({
        canary: null,
        metrics: null,
        promote: {
          run: `trap '' TERM INT; ${SCRIPTS.promote}; echo stubborn; for i in {1..600}; do sleep 0.5; done`,
          timeout: '10m',
        },
      }),
    },
    async (scenario) => {
      const done = await stopped(scenario, { when: (lines) => lines.includes('stubborn'), act: cancel });
      expect(done.job.status).toBe('cancelled');
      expect(scenario.service.calls()).toEqual(['promote 1.2', 'rollback 1.0']);
      await expectEnd(scenario, done, {
        decision: 'rolled-back',
        reason: 'cancelled',
        weight: 0,
        stable: '1.0',
      });
      expect(conclusionOf(scenario, done.sha, 'promote')).toBe('cancelled');
    },
  ),
);

test.concurrent(
  'a main that is killed during a canary step is taken back by post as interrupted',
  play({ plan: longPlan }, async (scenario) => {
    const done = await stopped(scenario, { when: onCanary(scenario), act: (job) => job.kill('SIGKILL') });
    expect(done.job.status).toBe('failure');
    expect(done.trafficBackMs).toBeLessThan(3_000);
    await expectEnd(scenario, done, {
      decision: 'rolled-back',
      reason: 'interrupted',
      weight: 0,
      stable: '1.0',
    });
    expect(scenario.service.calls()).toContain('rollback 1.0');
  }),
);

test.concurrent(
  'what a killed main left running is ended before anything goes back',
  play(
    {
      plan: quickPlan({
        canary: null,
        metrics: null,
        promote: { run: 'echo promoting; sleep 3; echo 1.2 > "$SERVICE/stable"; sleep 300', timeout: '10m' },
      }),
    },
    async (scenario) => {
      const done = await stopped(scenario, {
        when: (lines) => lines.includes('promoting'),
        act: (job) => job.kill('SIGKILL'),
      });
      await expectEnd(scenario, done, {
        decision: 'rolled-back',
        reason: 'interrupted',
        weight: 0,
        stable: '1.0',
      });
      expect(done.log).toMatch(/still running and were ended/);
    },
  ),
);

test.concurrent(
  'a step that runs into its own `timeout-minutes` is taken back',
  play({ plan: longPlan }, async (scenario) => {
    const done = await stopped(scenario, {
      when: onCanary(scenario),
      act: () => undefined,
      release: { timeoutMinutes: 0.15 },
    });
    expect(done.job.status).toBe('failure');
    expect(done.job.steps[0]?.outcome).toBe('failure');
    await expectEnd(scenario, done, {
      decision: 'rolled-back',
      reason: 'interrupted',
      weight: 0,
      stable: '1.0',
    });
  }),
);

test.concurrent(
  'a later step that fails after a good release changes nothing: post does not even ask GitHub',
  play({ plan: PLAIN_PLAN }, async (scenario) => {
    let asked = -1;
    const done = await scenario.release({
      version: '1.2',
      steps: (release) => [release, { kind: 'run', script: 'exit 1' }],
      onLine: (line) => {
        if (line === 'Post job cleanup.') asked = scenario.github.requests.length;
      },
    });
    expect(done.job.status).toBe('failure');
    expect(asked).toBe(scenario.github.requests.length);
    expect(done.job.posts[0]?.exitCode).toBe(0);
    expect(scenario.service.calls()).toEqual(['promote 1.2']);
    await expectEnd(scenario, done, {
      decision: 'promoted',
      reason: 'all-gates-passed',
      weight: 0,
      stable: '1.2',
    });
  }),
);

test.concurrent(
  '`continue-on-error` lets the job go on after a release that went back, and post does not go back again',
  play({ plan: quickPlan({ canary: null, metrics: null, promote: { run: 'exit 3' } }) }, async (scenario) => {
    const done = await scenario.release({ version: '1.2', continueOnError: true });
    expect(done.job.status).toBe('success');
    expect(done.job.steps[0]).toMatchObject({ outcome: 'failure', conclusion: 'success' });
    expect(scenario.service.calls()).toEqual(['rollback 1.0']);
    await expectEnd(scenario, done, {
      decision: 'rolled-back',
      reason: 'promote-failed',
      weight: 0,
      stable: '1.0',
    });
  }),
);

test.concurrent(
  'a cancel after the release has passed undoes nothing, even when its end could not be written before',
  play({ plan: PLAIN_PLAN }, async (scenario) => {
    const { github } = scenario;
    // Two writes pass: the intent to promote, and the version that is in service. The third is the end.
    github.fault({ match: { operation: 'createCommitOnBranch' }, kind: 'status', skip: 2, times: 100 });
    const done = await stopped(scenario, {
      when: () => github.requests.some(({ fault }) => fault !== undefined),
      act: (job) => {
        job.cancel();
        setTimeout(() => github.clearFaults(), 5_000);
      },
    });
    expect(done.job.status).toBe('cancelled');
    expect(scenario.service.calls()).toEqual(['promote 1.2']);
    // What main could not record must not look green; post records it all the same.
    expect(done).toMatchObject({ decision: 'blocked', reason: 'ledger-unreachable' });
    await expectEnd(
      scenario,
      { ...done, decision: '' },
      { decision: 'promoted', reason: 'all-gates-passed', weight: 0, stable: '1.2' },
    );
    expect(await scenario.current()).toMatchObject({ release: null, last_promoted: { version: '1.2' } });
  }),
);
