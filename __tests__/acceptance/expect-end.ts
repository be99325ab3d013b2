import { expect } from '@jest/globals';
import type { JobResult } from '../../sandbox/runner/contract.js';
import type { Released, Scenario } from './scenario.js';

export interface WantedEnd {
  readonly decision: string;
  readonly reason: string;
  /** In percent, of the service's own router. */
  readonly weight: number;
  /** The version that the service itself has. */
  readonly stable: string;
}

export interface Recorded {
  readonly release: string;
  readonly events: readonly Record<string, unknown>[];
}

/** The service and the record at the end of a release, whether main, post or a later run brought it about. */
export async function expectEnd(scenario: Scenario, done: Released, want: WantedEnd): Promise<Recorded> {
  expectSound(scenario, done.job);
  const { decision, reason, weight, stable } = want;
  expect({ weight: scenario.service.weight(), stable: scenario.service.stable() }).toEqual({
    weight,
    stable,
  });
  if (done.decision !== '') expect(done).toMatchObject({ decision, reason });
  const release = await releaseOf(scenario, done.sha);
  const events = await scenario.events(release);
  expectOneStory(events);
  expect(events.at(-1)).toMatchObject({ type: 'ended', decision, reason });
  return { release, events };
}

/** What holds of every run, whatever became of its release. */
export function expectSound({ github }: Scenario, job: JobResult): void {
  expect(job.log).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  expect(job.log).not.toContain('Unhandled');
  expect(job.swept).toEqual([]);
  expect(github.violations).toEqual([]);
}

/** Types of events in order, those of stages and effects with their name: `intent traffic 10`. */
export function storyOf(events: readonly Record<string, unknown>[]): readonly string[] {
  return events.map(({ type, stage, effect, weight }) =>
    [type, stage, effect, effect === 'traffic' ? weight : undefined]
      .filter((part) => part !== undefined)
      .join(' '),
  );
}

/** The release of a commit; the latest when there were several. */
export async function releaseOf(scenario: Scenario, sha: string): Promise<string> {
  const { recent } = (await scenario.current()) as { recent: { release: string; sha: string }[] };
  return recent.find((one) => one.sha === sha)?.release ?? '';
}

export function conclusionOf(scenario: Scenario, sha: string, stage: string): string | null | undefined {
  const name = `shop/production/${stage}`;
  return scenario.github.checkRuns(sha).findLast((check) => check.name === name)?.conclusion;
}

/** What people read of a stage: the texts of its check. */
export function checkText(scenario: Scenario, sha: string, stage: string): string {
  const check = scenario.github.checkRuns(sha).findLast(({ name }) => name === `shop/production/${stage}`);
  return [check?.title, check?.summary, check?.text].join('\n');
}

function expectOneStory(events: readonly Record<string, unknown>[]): void {
  const types = events.map(({ type }) => type);
  expect(types[0]).toBe('started');
  expect(types.filter((type) => type === 'started')).toHaveLength(1);
  expect(types.filter((type) => type === 'ended')).toHaveLength(1);
}
