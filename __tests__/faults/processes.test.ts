import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { FaultOptions } from '../../sandbox/github/faults.js';
import type { Job, JobResult } from '../../sandbox/runner/contract.js';
import { Random } from '../../sandbox/simulation/random.js';
import { expectSound } from '../acceptance/expect-end.js';
import { play } from '../acceptance/play.js';
import { promotedBefore } from '../acceptance/promoted-before.js';
import { quickCanary, quickPlan } from '../acceptance/quick-plan.js';
import { type Released, SCRIPTS, type Scenario } from '../acceptance/scenario.js';
import { until } from '../acceptance/until.js';
import { startCounters } from './counters.js';
import { figure } from './figures.js';
import { type MovedClock, moveClock } from './moved-clock.js';

/** `npm run faults -- --processes` plays all of it; here is a sample. */
const isFull = process.env.FAULTS === 'processes';
const SEED = Number(process.env.FAULTS_SEED ?? 1);
/** So many at a time, each with a repository of its own. */
const LANES = isFull ? [1, 2, 3, 4] : [1];
const CANCELS = (isFull ? 200 : 1) / LANES.length;
const AT_ONCE = isFull ? 50 : 3;
const FLAKY = isFull ? 6 : 1;
/** About so many requests a release makes until its end is recorded. */
const MOST_REQUESTS = 26;
/** A release with two steps writes so often. */
const WRITES = isFull ? [1, 2, 3, 4, 5, 6, 7] : [3];
const PARKED_STEPS = isFull ? [5, 25, 50] : [50];
const LOOK_HOURS = isFull ? 2 : 8;
const LONG = isFull ? 3_600_000 : 120_000;
const HOUR = 3_600_000;

/** A machine so slow that the runner's ladder is climbed before main has done what it does when it is cancelled. */
const HURRIED = { sigintMs: 250, sigtermMs: 150 };

/** Nothing is measured: on a busy machine that would say more of the machine. `1.3-bad` fails when it is promoted. */
const brief = (run: string) => ({ run, timeout: '4s' });
/** With `STUBBORN` it neither listens to who asks it to end nor is done soon. */
const BEFORE = `[ -z "$STUBBORN" ] || { trap '' INT TERM; for i in 1 2 3 4; do sleep 0.5; done; }; sleep 0.4`;
const plan = quickPlan({
  metrics: null,
  canary: quickCanary({
    run: brief(SCRIPTS.canary),
    traffic: { run: brief(SCRIPTS.traffic), read: SCRIPTS.weight },
    steps: [
      { weight: 10, for: 0, before: brief(BEFORE) },
      { weight: 50, for: 0, before: brief(BEFORE) },
    ],
    remove: brief(SCRIPTS.remove),
  }),
  promote: brief(`case "$RELEASE_TARGET_VERSION" in *-bad) exit 3; esac; ${SCRIPTS.promote}`),
  rollback: brief(SCRIPTS.rollback),
});

const held = quickPlan({
  metrics: null,
  canary: quickCanary({
    steps: [
      {
        weight: 10,
        for: 0,
        before: { run: '[ -z "$END" ] || until [ -e "$END" ]; do sleep 0.2; done', timeout: '15m' },
      },
    ],
  }),
});

/** Whatever became of it: traffic whole, no child left, one rollback commit at most, and the record whole. */
async function expectWhole(scenario: Scenario, done: Released, base: string): Promise<void> {
  expectSound(scenario, done.job);
  expect(scenario.service.weight()).toBe(0);
  const log = await scenario.github.git('log', '--format=%B', `${base}..main`);
  expect([...log.matchAll(/^Gated-Release: /gm)].length).toBeLessThanOrEqual(1);
  const { recent } = (await scenario.current()) as { recent: { release: string }[] };
  for (const { release } of recent) {
    const types = (await scenario.events(release)).map(({ type }) => type);
    if (types.length > 0) expect([types[0], types.at(-1)]).toEqual(['started', 'ended']);
  }
}

/** A fifth of all requests, in every way there is; no answer at all only now and then, since that takes 15 s. */
function everyFifth(seed: number): readonly FaultOptions[] {
  const kinds: readonly (Omit<FaultOptions, 'match'> & { readonly probability?: number })[] = [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 502, when: 'after' },
    { kind: 'drop-before' },
    { kind: 'drop-after' },
    { kind: 'garbage' },
    { kind: 'rate-limit', retryAfter: 1 },
    ...(isFull ? [{ kind: 'hang', probability: 0.008 } as const] : []),
  ];
  // Each gets its chance after those before it let the request pass.
  return kinds.map((kind, index) => ({
    probability: 0.036,
    ...kind,
    match: {},
    times: Number.POSITIVE_INFINITY,
    seed: 100 * seed + index,
  }));
}

describe('with the packaged action', () => {
  test.concurrent.each(LANES)(
    'releases end right while a fifth of all requests to GitHub fail in every way, and nothing is lost (%i)',
    (lane) =>
      play({ plan }, async (scenario) => {
        const { github } = scenario;
        const base = await promotedBefore(scenario);
        let asked = 0;
        for (let index = 1; index <= FLAKY; index++) {
          const isBad = (index + lane) % 2 === 1;
          const version = `1.${index + 1}${isBad ? '-bad' : ''}`;
          for (const fault of everyFifth(1000 * SEED + 100 * lane + index)) github.fault(fault);
          const before = await scenario.head();
          const done = await scenario.release({ version });
          github.clearFaults();
          await expectWhole(scenario, done, index === 1 ? base : before);
          const { decision, log } = done;
          const right = isBad ? 'rolled-back' : 'promoted';
          expect({ decision, log: decision === right ? '' : log }).toEqual({ decision: right, log: '' });
          expect(await scenario.current()).toMatchObject({ release: null, lease: null });
          asked = github.requests.length;
        }
        const failed = github.requests.filter(({ fault }) => fault !== undefined).length;
        const share = Math.round((100 * failed) / asked);
        figure(
          `flaky-${lane}`,
          0,
          0,
          `of ${FLAKY} releases wrong, while ${share} % of ${asked} calls failed`,
        );
      })(),
    LONG,
  );

  test.concurrent.each(LANES)(
    'a cancel at any moment leaves traffic whole within 3 s, no child, and at most one rollback commit (%i)',
    (lane) =>
      play({ plan }, async (scenario) => {
        await promotedBefore(scenario);
        const random = new Random(100 * SEED + lane);
        const backMs: number[] = [];
        const ends: Record<string, number> = {};
        for (let index = 1; index <= CANCELS; index++) {
          const base = await scenario.head();
          const watched = watchPost(scenario);
          const { job, done } = await scenario.begin({
            version: `1.${index + 1}`,
            onLine: watched.onLine,
            ...(random.chance(0.25) ? { timing: HURRIED } : {}),
            ...(random.chance(0.25) ? { env: { STUBBORN: 'true' } } : {}),
          });
          await untilAsked(scenario, job, random.between(0, MOST_REQUESTS));
          await new Promise((resolve) => setTimeout(resolve, random.between(0, 500)));
          job.cancel();
          const ended = await done;
          await expectWhole(scenario, ended, base);
          expect(await scenario.current()).toMatchObject({ release: null, lease: null });
          const took = await watched.tookMs();
          if (took !== null) backMs.push(took);
          const end = endOf(ended.job);
          ends[end] = (ends[end] ?? 0) + 1;
        }
        const counted = Object.entries(ends).map(([end, count]) => `${count} ${end}`);
        const what = `s from the start of post to traffic at 0, of ${backMs.length} that had to go back; ${CANCELS} cancels: ${counted.join(', ')}`;
        figure(`cancels-${lane}`, Math.round(Math.max(0, ...backMs)) / 1000, 3, what);
      })(),
    LONG,
  );

  test.concurrent(
    'a cancel before main has even begun begins nothing in post, either',
    play({ plan }, async (scenario) => {
      await promotedBefore(scenario);
      const { job, done } = await scenario.begin({ version: '1.2', timing: { sigintMs: 5, sigtermMs: 5 } });
      await until(() => job.mainPid() !== null);
      job.cancel();
      const ended = await done;
      expectSound(scenario, ended.job);
      expect(ended.job.steps[0]?.outcome).toBe('cancelled');
      expect(scenario.service.calls()).toEqual([]);
      expect(await scenario.current()).toMatchObject({ release: null, lease: null, fence: 1 });
    }),
    LONG,
  );

  test.concurrent.each(WRITES)(
    'a SIGKILL at write %i of the ledger is made good by post or by the next run',
    (write) =>
      play({ plan }, async (scenario) => {
        const base = await promotedBefore(scenario);
        const { job, done } = await scenario.begin({ version: '1.2' });
        await killAtWrite(scenario, job, write);
        const killed = await done;
        await expectWhole(scenario, killed, base);
        const next = await scenario.release({ version: '1.3' });
        await expectWhole(scenario, next, base);
        expect({ decision: next.decision, stable: scenario.service.stable() }).toEqual({
          decision: 'promoted',
          stable: '1.3',
        });
        figure(`killed-${write}`, 0, 0, `left wrong by a SIGKILL at write ${write}`);
      })(),
    LONG,
  );

  test.concurrent(
    'of releases that start at once exactly one acts, and the others end with its link',
    play({ plan: held }, async (scenario) => {
      const base = await promotedBefore(scenario);
      const [go, end] = ['go', 'end'].map((name) => join(scenario.directory, name)) as [string, string];
      const begun: Awaited<ReturnType<Scenario['begin']>>[] = [];
      let over = 0;
      for (let index = 1; index <= AT_ONCE; index++) {
        const one = await scenario.begin({
          version: `1.${index + 1}`,
          env: { GO: go, END: end },
          steps: (release) => [{ kind: 'run', script: 'until [ -e "$GO" ]; do sleep 0.2; done' }, release],
        });
        begun.push(one);
        void one.done.then(() => over++);
      }
      writeFileSync(go, '');
      // Who acts is held on its canary until all others have ended: else a later one would find its turn.
      await until(() => over >= AT_ONCE - 1, LONG);
      writeFileSync(end, '');
      const ended = await Promise.all(begun.map(({ done }) => done));
      const decisions = ended.map(({ decision, reason }) => `${decision} (${reason})`);
      expect(decisions.filter((one) => one === 'promoted (all-gates-passed)')).toHaveLength(1);
      expect(decisions.filter((one) => one === 'blocked (busy)')).toHaveLength(AT_ONCE - 1);
      const winner = begun.findIndex((_, index) => ended[index]?.decision === 'promoted');
      for (const one of ended)
        if (one.decision === 'blocked') expect(one.log).toContain(`/actions/runs/${1001 + winner}`);
      await expectWhole(scenario, ended[winner] as Released, base);
      const { recent } = (await scenario.current()) as { recent: { release: string }[] };
      const [{ release = '' } = {}] = recent;
      // Nobody else wrote, and nothing was written over.
      const [, ...written] = await scenario.ledgerCommits();
      expect(written.filter((subject) => !subject.includes(release))).toEqual([]);
      figure('at-once', 1, 1, `of ${AT_ONCE} releases that started at once acted`);
    }),
    LONG,
  );

  test.concurrent(
    'a canary of many hours is parked, looked at, and promoted in minutes of a runner',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'gated-release-clock-'));
      const clock = moveClock(directory);
      const counters = await startCounters(clock);
      try {
        await play({ plan: parkedPlan, now: clock.now }, async (scenario) => {
          await promotedBefore(scenario);
          await parkedToTheEnd(scenario, clock, { ...clock.env, PROMETHEUS: counters.url });
        })();
      } finally {
        counters.close();
        rmSync(directory, { recursive: true, force: true });
      }
    },
    LONG,
  );
});

const requests = (version: string) => ({ failed: `failed_${version}`, total: `total_${version}` });
const parkedPlan = quickPlan({
  metrics: {
    errors: {
      kind: 'errors',
      prometheus: {
        url: '${PROMETHEUS}',
        every: '1m',
        canary: requests('canary'),
        baseline: requests('stable'),
      },
      'worse-by': '0.5pp',
    },
  },
  canary: quickCanary({
    steps: PARKED_STEPS.map((weight) => ({ weight, for: '8h' })),
    park: { 'look-every': `${LOOK_HOURS}h`, 'at-most': '30h' },
  }),
});

/** Looks as a schedule does, every so many hours, until the release has ended. */
async function parkedToTheEnd(
  scenario: Scenario,
  clock: MovedClock,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const begun = performance.now();
  const { sha, ...first } = await scenario.release({ version: '1.2', env });
  expect({ ...first, weight: scenario.service.weight() }).toMatchObject({
    ...{ decision: 'paused', reason: 'parked', weight: PARKED_STEPS[0] },
    outputs: { 'resume-at': expect.stringMatching(/^\d{4}-.*Z$/) },
  });
  let look: Released | null = null;
  for (let looks = 0; looks < 15 && (await scenario.current()).release !== null; looks++) {
    clock.pass(LOOK_HOURS * HOUR);
    const schedule = { name: 'schedule', payload: { repository: { default_branch: 'main' } } };
    look = await scenario.release({ sha, env, event: schedule, with: { command: 'resume' } });
    expectSound(scenario, look.job);
  }
  expect(look).toMatchObject({ decision: 'promoted', reason: 'all-gates-passed' });
  expect({ weight: scenario.service.weight(), stable: scenario.service.stable() }).toEqual({
    ...{ weight: 0, stable: '1.2' },
  });
  // All of it took place while a runner was there: the hours between were only said to have passed.
  const minutes = (performance.now() - begun) / 60_000;
  expect(minutes).toBeLessThan(5);
  figure('parked', minutes, 5, `minutes of a runner for ${8 * PARKED_STEPS.length} hours of a canary`);
}

/** How long it takes from the start of post until no traffic is on the canary; null when there was none on it. */
function watchPost({ service }: Scenario): {
  readonly onLine: (line: string) => void;
  readonly tookMs: () => Promise<number | null>;
} {
  let took: Promise<number | null> = Promise.resolve(null);
  const untilBack = async (): Promise<number | null> => {
    const began = performance.now();
    if (service.weight() === 0) return null;
    await until(() => service.weight() === 0);
    return performance.now() - began;
  };
  return {
    onLine(line) {
      if (line === 'Post job cleanup.') took = untilBack();
    },
    tookMs: () => took,
  };
}

/** `ended by SIGKILL`, `ended by itself` */
function endOf({ steps: [main] }: JobResult): string {
  if (main?.outcome !== 'cancelled') return 'too late';
  return main.signal === null ? 'ended by itself' : `ended by ${main.signal}`;
}

/** A moment by what the release has done so far: the same on a slow machine as on a fast one. */
async function untilAsked({ github }: Scenario, job: Job, requests: number): Promise<void> {
  let isOver = false;
  void job.result.then(() => {
    isOver = true;
  });
  const before = github.requests.length;
  await until(() => isOver || github.requests.length >= before + requests, LONG);
}

async function killAtWrite({ github }: Scenario, job: Job, write: number): Promise<void> {
  const writes = () => github.requests.filter(({ route }) => route === 'createCommitOnBranch');
  const before = writes().length;
  while (writes().length < before + write && job.mainPid() !== null)
    await new Promise((resolve) => setTimeout(resolve, 2));
  job.kill('SIGKILL');
}
