import { describe, expect, test } from '@jest/globals';
import type { FaultOptions } from '../../sandbox/github/faults.js';
import type { Job } from '../../sandbox/runner/contract.js';
import { Random } from '../../sandbox/simulation/random.js';
import { expectSound } from '../acceptance/expect-end.js';
import { play } from '../acceptance/play.js';
import { promotedBefore } from '../acceptance/promoted-before.js';
import { quickCanary, quickPlan } from '../acceptance/quick-plan.js';
import { type Released, SCRIPTS, type Scenario } from '../acceptance/scenario.js';

/** `npm run faults -- --processes` plays all of it; here is a sample. */
const isFull = process.env.FAULTS === 'processes';
const CANCELS = isFull ? 200 : 1;
const AT_ONCE = isFull ? 50 : 3;
const FLAKY = isFull ? 25 : 1;
/** A release with two steps writes so often. */
const WRITES = isFull ? [1, 2, 3, 4, 5, 6, 7] : [3];
const LONG = isFull ? 3_600_000 : 120_000;

/** Nothing is measured: on a busy machine that would say more of the machine. `1.3-bad` fails when it is promoted. */
const brief = (run: string) => ({ run, timeout: '4s' });
const plan = quickPlan({
  metrics: null,
  canary: quickCanary({
    run: brief(SCRIPTS.canary),
    traffic: { run: brief(SCRIPTS.traffic), read: SCRIPTS.weight },
    steps: [
      { weight: 10, for: 0, before: brief('sleep 0.4') },
      { weight: 50, for: 0, before: brief('sleep 0.4') },
    ],
    remove: brief(SCRIPTS.remove),
  }),
  promote: brief(`case "$RELEASE_TARGET_VERSION" in *-bad) exit 3; esac; ${SCRIPTS.promote}`),
  rollback: brief(SCRIPTS.rollback),
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

/** A fifth of all requests, in every way there is. */
function everyFifth(seed: number): readonly FaultOptions[] {
  const kinds: readonly Omit<FaultOptions, 'match'>[] = [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 502, when: 'after' },
    { kind: 'drop-before' },
    { kind: 'drop-after' },
    { kind: 'garbage' },
    { kind: 'rate-limit', retryAfter: 1 },
  ];
  // Each gets its chance after those before it let the request pass.
  return kinds.map((kind, index) => ({
    ...kind,
    match: {},
    times: Number.POSITIVE_INFINITY,
    probability: 0.036,
    seed: 100 * seed + index,
  }));
}

describe('with the packaged action', () => {
  test.concurrent(
    'releases end right while a fifth of all requests to GitHub fail in every way, and nothing is lost',
    play({ plan }, async (scenario) => {
      const base = await promotedBefore(scenario);
      for (let index = 1; index <= FLAKY; index++) {
        const isBad = index % 2 === 0;
        const version = `1.${index + 1}${isBad ? '-bad' : ''}`;
        for (const fault of everyFifth(index)) scenario.github.fault(fault);
        const before = await scenario.head();
        const done = await scenario.release({ version });
        scenario.github.clearFaults();
        await expectWhole(scenario, done, index === 1 ? base : before);
        expect(done.decision).toBe(isBad ? 'rolled-back' : 'promoted');
        expect(await scenario.current()).toMatchObject({ release: null, lease: null });
      }
    }),
    LONG,
  );

  test.concurrent(
    'a cancel at any moment leaves traffic whole, no child, and at most one rollback commit',
    play({ plan }, async (scenario) => {
      await promotedBefore(scenario);
      const random = new Random(5);
      for (let index = 1; index <= CANCELS; index++) {
        const base = await scenario.head();
        const { job, done } = await scenario.begin({ version: `1.${index + 1}` });
        await new Promise((resolve) => setTimeout(resolve, random.between(0, 6_000)));
        job.cancel();
        await expectWhole(scenario, await done, base);
      }
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
      })(),
    LONG,
  );

  test.concurrent(
    'of releases that start at once exactly one acts, and the others end with its link',
    play({ plan }, async (scenario) => {
      const base = await promotedBefore(scenario);
      const begun = [];
      for (let index = 1; index <= AT_ONCE; index++)
        begun.push(await scenario.begin({ version: `1.${index + 1}` }));
      const ended = await Promise.all(begun.map(({ done }) => done));
      const decisions = ended.map(({ decision, reason }) => `${decision} (${reason})`);
      expect(decisions.filter((one) => one === 'promoted (all-gates-passed)')).toHaveLength(1);
      expect(decisions.filter((one) => one === 'blocked (busy)')).toHaveLength(AT_ONCE - 1);
      const winner = begun.findIndex((_, index) => ended[index]?.decision === 'promoted');
      for (const one of ended)
        if (one.decision === 'blocked') expect(one.log).toContain(`/actions/runs/${1001 + winner}`);
      await expectWhole(scenario, ended[winner] as Released, base);
    }),
    LONG,
  );
});

async function killAtWrite({ github }: Scenario, job: Job, write: number): Promise<void> {
  const writes = () => github.requests.filter(({ route }) => route === 'createCommitOnBranch');
  const before = writes().length;
  while (writes().length < before + write && job.mainPid() !== null)
    await new Promise((resolve) => setTimeout(resolve, 2));
  job.kill('SIGKILL');
}
