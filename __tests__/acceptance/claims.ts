import { expect } from '@jest/globals';
import { quickCanary, quickPlan } from './quick-plan.js';
import type { Released, ReleaseOptions, Scenario } from './scenario.js';

const GREEN = ['promoted', 'passed', 'nothing-to-do'];

/** What holds however a release ends: one decision, told everywhere, and nothing that GitHub would refuse to take. */
export function expectDecision(
  scenario: Scenario,
  done: Released,
  end: {
    readonly decision: string;
    readonly reason: string;
    /** Must stand both in the summary and in the log. */
    readonly says?: readonly (string | RegExp)[];
  },
): void {
  const step = done.job.steps.find(({ id }) => id === 'release');
  const isGreen = GREEN.includes(end.decision);
  expect({ decision: done.decision, reason: done.reason }).toEqual({
    decision: end.decision,
    reason: end.reason,
  });
  expect({ exit: step?.exitCode, job: done.job.status }).toEqual({
    exit: isGreen ? 0 : 1,
    job: isGreen ? 'success' : 'failure',
  });
  expect(done.job.posts.map(({ exitCode }) => exitCode)).toEqual(done.job.posts.map(() => 0));
  expect(done.result).toMatchObject({ schema_version: 1, decision: end.decision, reason_code: end.reason });
  expect(done.summary).toMatch(/\*\*What to do:\*\* \S/);
  expect(done.log).toContain(`(${end.reason})`);
  expect(done.log).not.toMatch(/\n\s+at .*\(/);
  for (const text of end.says ?? []) {
    expect(oneLine(done.summary)).toMatch(text instanceof RegExp ? text : literally(text));
    expect(oneLine(done.log)).toMatch(text instanceof RegExp ? text : literally(text));
  }
  if (!isGreen) expect(errorsOf(done)).not.toEqual([]);
  expect(done.job.swept).toEqual([]);
  expect(scenario.github.violations).toEqual([]);
}

/** A release that was stopped before anything of the service moved. */
export function expectBlocked(
  scenario: Scenario,
  done: Released,
  end: { readonly reason: string; readonly says?: readonly (string | RegExp)[] },
): void {
  expectDecision(scenario, done, { decision: 'blocked', ...end });
  expect(scenario.service.calls().filter((call) => !call.startsWith('verify'))).toEqual([]);
  expect({ stable: scenario.service.stable(), canary: scenario.service.canary() }).toEqual({
    stable: '1.0',
    canary: null,
  });
}

/** The messages of the step's error annotations. */
export function errorsOf(done: Released): readonly string[] {
  return annotationsOf(done, 'error');
}

export function warningsOf(done: Released): readonly string[] {
  return annotationsOf(done, 'warning');
}

function annotationsOf(done: Released, level: string): readonly string[] {
  return [...done.job.steps, ...done.job.posts].flatMap(({ annotations }) =>
    annotations.filter((one) => one.level === level).map(({ message }) => message),
  );
}

/** The checks on a commit by the last part of their names, with their conclusions. */
export function checksOf(scenario: Scenario, sha: string): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    scenario.github
      .checkRuns(sha)
      .filter(({ ofJob }) => !ofJob)
      .map(({ name, conclusion }) => [name.replace('shop/production/', ''), conclusion]),
  );
}

/** A plan that only promotes: the shortest release that moves something. `change` as for `quickPlan`. */
export function shortPlan(change: Readonly<Record<string, unknown>> = {}): string {
  return quickPlan({ metrics: null, canary: null, ...change });
}

/** A canary whose one step of no length goes by at once. */
export function briefCanary(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return quickCanary({ steps: [{ weight: 50, for: 0 }], ...change });
}

/** A release by a person, who may override gates. */
export const DISPATCH: Pick<ReleaseOptions, 'event'> = {
  event: {
    name: 'workflow_dispatch',
    payload: { inputs: {}, repository: { default_branch: 'main' }, sender: { login: 'alice' } },
  },
};

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function literally(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i');
}
