import { resolve } from 'node:path';
import { linksOf } from './ends.js';
import { finish } from './finish.js';
import type { Inputs } from './inputs.js';
import { asWatched, gateVerdict, metricVerdicts } from './judge/metric-verdict.js';
import { rulesOfPlan } from './judge/plan-rules.js';
import { type ReplayedStep, type RulesFor, replay } from './judge/replay.js';
import type { Metric, Plan } from './plan/plan.js';
import { loadPlan } from './prepare.js';
import { ReleaseProblem } from './release/problem.js';
import { parseSamples, SamplesInvalid } from './release/samples.js';
import type { ReleaseEnd, ReplayedJudgement } from './report/end.js';
import { duration } from './report/quantity.js';
import { whereText } from './report/replay.js';
import { falseAlarmOf } from './stages/begin-trial.js';
import type { World } from './world.js';

/**
 * What the plan would have decided on recorded samples. Reads two files of the workspace and nothing else. Exits 0
 * whatever it found: a margin that is tried out is no release that failed.
 */
export async function replayPast(world: World, inputs: Inputs, path: string): Promise<number> {
  const plan = loadPlan(world, inputs);
  if (plan.metrics.length === 0)
    throw new ReleaseProblem('input-invalid', 'input replay: the plan has no `metrics` to judge by');
  const entries = readSamples(world, path);
  const rulesFor: RulesFor = (stage) => rulesOfPlan(plan.metrics, falseAlarmOf(plan, stage));
  const steps = replay(entries, rulesFor).map((step) => judgementOf(step, rulesFor));
  if (steps.length === 0) throw new ReleaseProblem('input-invalid', `input replay: ${path} holds no samples`);
  return finish(world, endOf(world, plan, path, steps), null);
}

function readSamples(world: World, path: string): ReturnType<typeof parseSamples> {
  const text = world.readFile(resolve(world.env.GITHUB_WORKSPACE ?? '.', path));
  if (text === null)
    throw new ReleaseProblem('input-invalid', `input replay: there is no file ${path} in the workspace`);
  try {
    return parseSamples(text);
  } catch (error) {
    if (!(error instanceof SamplesInvalid)) throw error;
    throw new ReleaseProblem('input-invalid', `input replay: ${path}: ${error.message}`, { cause: error });
  }
}

function judgementOf(step: ReplayedStep, rulesFor: RulesFor): ReplayedJudgement {
  const { verdict: found, stage, weight, afterMs, passedAfterMs } = step;
  const judged: ReplayedJudgement = {
    stage,
    weight,
    verdict: gateVerdict(found),
    reason: found.reason,
    combined: { logE: found.logE, logLimit: found.logLimit },
    metrics: metricVerdicts(found, { rules: rulesFor(stage).metrics, failures: {} }),
    after_ms: afterMs,
    passed_after_ms: passedAfterMs,
  };
  return stage === 'promote' ? asWatched(judged) : judged;
}

function endOf(world: World, plan: Plan, path: string, steps: readonly ReplayedJudgement[]): ReleaseEnd {
  return {
    decision: 'passed',
    reason: 'replayed',
    summary: `By the plan as it is now, the release recorded in ${path} would have ${endingOf(plan, steps)}`,
    service: plan.service,
    environment: plan.environment,
    version: null,
    sha: null,
    state: null,
    links: linksOf(world),
    permissions: [],
    contacts: [],
    dryRun: false,
    notes: unknownNotes(plan.metrics, steps),
    replay: steps,
  };
}

/** The first step that would have ended it, or that none would have. */
function endingOf({ canary }: Plan, steps: readonly ReplayedJudgement[]): string {
  const ends = steps.find(({ verdict, stage }, index) => {
    const isLast = steps[index + 1]?.stage !== 'canary';
    const continues = canary?.onInconclusive === 'continue' && stage === 'canary' && !isLast;
    return verdict !== 'passed' && !(verdict === 'inconclusive' && continues);
  });
  if (ends === undefined) return `passed each of the ${steps.length} recorded steps`;
  return `${WORDS[ends.verdict]} at ${whereText(ends)}, after ${duration(ends.after_ms)}: ${ends.reason}`;
}

const WORDS = {
  passed: 'passed',
  failed: 'failed',
  inconclusive: 'ended inconclusive',
  errored: 'ended without a measurement',
} as const;

function unknownNotes(metrics: readonly Metric[], steps: readonly ReplayedJudgement[]): readonly string[] {
  const seen = new Set(
    steps.flatMap((step) => step.metrics.filter(({ samples }) => samples > 0).map(({ metric }) => metric)),
  );
  return metrics
    .filter(({ name }) => !seen.has(name))
    .map(({ name }) => `- Of \`${name}\` no samples were recorded`);
}
