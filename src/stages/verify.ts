import { ReleaseProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';
import { evidenceBases } from './evidence-base.js';
import { tellVerification } from './feedback.js';
import type { Stage, StagePassed } from './stage.js';
import { runSuite, type SuiteOutcome, type SuiteRun } from './suite.js';

export const verify: Stage = {
  name: 'verify',
  skip: (plan) => (plan.verify.length > 0 ? null : 'the plan has no `verify`'),
  async run(context) {
    const outcomes = await runSuites(context);
    const bad = outcomes.filter(({ event }) => event.verdict !== 'passed');
    const [first] = bad;
    await tellVerification(context, first === undefined ? 'passed' : 'failed');
    if (first === undefined) return passed(outcomes);
    throw new ReleaseProblem(first.event.reason ?? 'verify-failed', failureText(bad), {
      evidence: outcomes.flatMap(describe),
      verdict: bad.every(({ event }) => event.verdict === 'errored') ? 'errored' : 'failed',
    });
  },
};

/** One after the other until one does not pass; all at the same time where the plan says so, each to its end. */
async function runSuites(context: ReleaseContext): Promise<readonly SuiteOutcome[]> {
  const { verify: suites, verification } = context.plan;
  const bases = await evidenceBases(context.plan, context.journal.session);
  const isParallel = verification.parallel && suites.length > 1;
  const runs = suites.map((suite): SuiteRun => ({ suite, base: bases.get(suite.name) ?? null, isParallel }));
  if (isParallel) return recorded(context, await allEnded(runs.map((run) => runSuite(context, run))));
  const outcomes: SuiteOutcome[] = [];
  for (const run of runs) {
    const [outcome] = recorded(context, [await runSuite(context, run)]);
    if (outcome !== undefined) outcomes.push(outcome);
    if (outcome?.event.verdict !== 'passed') break;
  }
  return outcomes;
}

/** Rejects only when none is running any more: a suite must not outlive its stage. */
async function allEnded<T>(running: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(running);
  return Promise.all(running);
}

function recorded(context: ReleaseContext, outcomes: readonly SuiteOutcome[]): readonly SuiteOutcome[] {
  for (const { event } of outcomes) context.journal.record(event);
  return outcomes;
}

function passed(outcomes: readonly SuiteOutcome[]): StagePassed {
  const flaky = outcomes.filter(({ event }) => event.attempts > 1).length;
  return {
    summary: `${outcomes.length} of ${outcomes.length} suites passed${flaky > 0 ? `, ${flaky} of them flaky` : ''}`,
    evidence: outcomes.flatMap(describe),
  };
}

function failureText(bad: readonly SuiteOutcome[]): string {
  const [first] = bad;
  if (bad.length === 1 && first) return `the suite \`${first.event.suite}\` ${first.event.summary}`;
  const each = bad.map(({ event }) => `\`${event.suite}\` ${event.summary}`);
  return `${bad.length} suites did not pass: ${each.join('. ')}`;
}

function describe({ event, evidence }: SuiteOutcome): readonly string[] {
  return [`- \`${event.suite}\` ${event.summary}`, ...evidence];
}
