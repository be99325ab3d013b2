import { describe, expect, test } from '@jest/globals';
import { findingsOf, nameOf, type Task } from '../../sandbox/simulation/findings.js';
import { playPoint, pointsOf, type Story } from '../../sandbox/simulation/schedule.js';

/** `npm run faults` plays all of them; here every so many, and others of them with each change of the engine. */
const EVERY = 71;
const SCHEDULES = 40;

async function violations(task: Task): Promise<readonly string[]> {
  const { findings } = await findingsOf(task);
  return findings.map(({ again, rule, found }) => `npm run faults -- ${nameOf(again)}: ${rule}: ${found}`);
}

describe('undisturbed', () => {
  test.each<[Story, string]>([
    ['release', 'A/main  ended: exit 0, promoted'],
    ['bad-release', 'A/main  ended: exit 1, rolled-back (metric-failed)'],
    ['rollback', 'B/main  ended: exit 1, rolled-back (rollback-asked)'],
    ['recovery', 'B/main  ended: exit 0, promoted'],
    ['post', 'A/post  ended: exit 1, rolled-back (cancelled)'],
  ])('the story of a %s goes all its way', async (story, end) => {
    const { timeline, violations } = await playPoint({ story, call: null, kind: 'hang' });
    expect(violations).toEqual([]);
    expect(timeline().filter((line) => line.includes(end))).toHaveLength(1);
  });
});

describe('whatever goes wrong, the invariants hold and the next release goes through', () => {
  test('at the calls of a release, of a rollback, of a recovery and of post, each with every fault', async () => {
    const points = await pointsOf();
    expect(points.length).toBeGreaterThan(1_500);
    expect(await violations({ points: points.filter((_, index) => index % EVERY === 0) })).toEqual([]);
  });

  test('in random schedules of several runs, cancels, lost runners and faults at once', async () => {
    const seeds = Array.from({ length: SCHEDULES }, (_, seed) => seed);
    expect(await violations({ seeds })).toEqual([]);
  });
});
