import { bakeTime } from '../judge/phase.js';
import type { Canary, Metric, Park, Step } from '../plan/plan.js';
import { ReleaseProblem } from '../release/problem.js';
import type { TrafficDriver } from '../traffic/contract.js';
import { beginTrial, readPast } from './begin-trial.js';
import type { ReleaseContext } from './context.js';
import { effect } from './effect.js';
import { evidenceLines, mustPass, observe } from './observe.js';
import { observeParked, observeSince, type ParkedStep } from './observe-parked.js';
import { park, untilOf, windowOrPark } from './park.js';
import { waitReady } from './ready.js';
import { mustRun } from './script.js';
import type { Stage } from './stage.js';
import { stopIfAsked } from './stop.js';
import { type Observation, Trial } from './trial.js';
import { setWeight, trafficOf } from './weight.js';
import { windowMustBeOpen } from './window.js';

export const canary: Stage = {
  name: 'canary',
  skip: (plan) => (plan.canary ? null : 'the plan has no `canary`: the new version is promoted all at once'),
  async run(context) {
    const { canary: plan } = context.plan;
    if (!plan) return { summary: 'no canary', evidence: [] };
    const trial = await trialOf(context, plan);
    const driver = trafficOf(context, 'canary', 'released');
    const evidence = [...earlierLines(context)];
    for (const [index, step] of plan.steps.entries()) {
      if (index < (context.parked?.step ?? 0) || !driver) continue;
      const last = index === plan.steps.length - 1;
      evidence.push(...(await climb(context, { plan, step, index, driver, last, trial })));
    }
    const top = plan.steps.at(-1)?.weight;
    return {
      summary: top === undefined ? 'the canary was deployed' : `healthy at ${stepList(plan.steps)}`,
      evidence,
    };
  },
};

/**
 * One judge for all steps: evidence adds up, and one chance of a false alarm covers them all. The baseline's past is
 * read before anything runs beside it.
 */
async function prepareTrial(context: ReleaseContext, plan: Canary): Promise<() => Trial | null> {
  const { metrics } = context.plan;
  const judged = plan.steps.filter(({ forMs }) => forMs > 0);
  if (metrics.length === 0 || judged.length === 0) return () => null;
  const plannedMs = judged.reduce((sum, { forMs }) => sum + forMs + plan.warmUpMs, 0);
  const past = await readPast(context, { metrics, plannedMs, wave: null });
  return () => beginTrial(context, { stage: 'canary', metrics, plannedMs, past });
}

/** The canary is there, and its judge: a new one, or the one that waits in the record of a parked release. */
async function trialOf(context: ReleaseContext, plan: Canary): Promise<Trial | null> {
  if (context.parked) {
    const trial = Trial.restore(context.journal, context.plan.metrics, 'canary');
    if (trial) return trial;
    throw new ReleaseProblem(
      'ledger-invalid',
      'the record of the parked release has no samples to go on from',
    );
  }
  const begin = await prepareTrial(context, plan);
  await deploy(context, plan);
  return begin();
}

/** What earlier runs of a parked release have found. */
function earlierLines({ parked, journal }: ReleaseContext): readonly string[] {
  if (!parked) return [];
  return journal.state.judgements
    .filter(({ stage }) => stage === 'canary')
    .flatMap((one) => evidenceLines(one, `${one.weight} %: `));
}

async function deploy(context: ReleaseContext, plan: Canary): Promise<void> {
  const { run, ready } = plan;
  if (run) {
    await effect(
      context,
      { effect: 'canary', timeoutMs: run.timeoutMs, headline: 'deploys the canary' },
      async () => {
        await mustRun(context, { name: 'canary', script: run, stage: 'canary' }, 'canary-deploy-failed');
        return undefined;
      },
    );
  }
  if (ready) await waitReady(context, { what: 'the canary', ready });
}

interface Climb {
  readonly plan: Canary;
  readonly step: Step;
  readonly index: number;
  readonly driver: TrafficDriver;
  readonly last: boolean;
  readonly trial: Trial | null;
}

/** One step: raise, read back, warm up, judge. */
async function climb(context: ReleaseContext, options: Climb): Promise<readonly string[]> {
  const { plan, step, trial } = options;
  if (plan.park !== null && trial !== null)
    return climbParked(context, { ...options, trial, park: plan.park });
  windowMustBeOpen(context, `raising the canary to ${step.weight} %`);
  await raise(context, options);
  if (step.forMs === 0 || trial === null) return [];
  enterPhase(trial, options, context.ports.clock.now());
  await context.ports.clock.sleep(plan.warmUpMs, context.signal);
  stopIfAsked(context.signal);
  const { early } = plan;
  const seen = await observe(context, { stage: 'canary', trial, forMs: step.forMs, wave: null, early });
  return seen === null ? [] : settle(context, seen, options);
}

/** As `climb`, but nobody stays: the step may be as an earlier run left it, and this one may leave it again. */
async function climbParked(
  context: ReleaseContext,
  options: Climb & { readonly trial: Trial; readonly park: Park },
): Promise<readonly string[]> {
  const { plan, step, index, trial, last, park: parking } = options;
  const resumed = context.parked?.step === index ? context.parked : null;
  if (resumed === null) await raise(context, options);
  const begun = resumed ? Date.parse(resumed.begun) : context.journal.session.now();
  if (step.forMs === 0) return [];
  if (resumed === null) enterPhase(trial, options, begun);
  const isExtended = resumed?.why === 'inconclusive';
  const deadline = resumed ? Date.parse(resumed.deadline) : begun + plan.warmUpMs + step.forMs;
  const place = { step: index, weight: step.weight, begun, deadline };
  const parked = {
    trial,
    plan,
    park: parking,
    place,
    isResumed: resumed !== null,
    early: plan.early || isExtended,
  };
  const evidence: string[] = [];
  if (resumed?.why !== 'window') {
    const seen = await observeParked(context, parked);
    if (seen.verdict === 'inconclusive' && plan.onInconclusive === 'pause' && !isExtended)
      await waitForMore(context, parked);
    evidence.push(...settle(context, seen, options));
  }
  const since = resumed === null ? null : await observeSince(context, parked);
  if (since !== null) evidence.push(...settle(context, since, options));
  const next = plan.steps[index + 1];
  const what = last || !next ? 'promoting' : `raising the canary to ${next.weight} %`;
  await windowOrPark(context, parking, { what, place });
  return evidence;
}

/** The step is over without a verdict: it goes on for as long as the release may be parked. */
function waitForMore(context: ReleaseContext, { park: parking, place }: ParkedStep): Promise<never> {
  const resumeAt = context.journal.session.now() + parking.lookEveryMs;
  const deadline = untilOf(context, parking);
  return park(context, parking, { ...place, deadline, resumeAt, why: 'inconclusive' });
}

async function raise(context: ReleaseContext, { plan, step, driver }: Climb): Promise<void> {
  const timeoutMs = (plan.traffic?.run.timeoutMs ?? 0) + (step.before?.timeoutMs ?? 0);
  const headline = `canary at ${step.weight} %`;
  await effect(context, { effect: 'traffic', weight: step.weight, timeoutMs, headline }, async () => {
    if (step.before) {
      const name = `before ${step.weight} %`;
      await mustRun(
        context,
        { name, script: step.before, stage: 'canary', weight: step.weight },
        'script-failed',
      );
    }
    return setWeight(driver, step.weight, context.signal);
  });
}

function enterPhase(trial: Trial, { plan, step }: Climb, at: number): void {
  trial.phase({
    at,
    weight: step.weight,
    wave: null,
    warmUpMs: plan.warmUpMs,
    bakeMs: plan.warmUpMs + bakeTime(step.forMs),
    share: shareOf(trial.metrics, step.weight),
  });
}

/** Records what was found, and throws when it ends the release. */
function settle(context: ReleaseContext, seen: Observation, { plan, step, last }: Climb): readonly string[] {
  const { verdict, reason, combined, metrics, trail, traffic } = seen;
  context.journal.record({
    type: 'judged',
    stage: 'canary',
    weight: step.weight,
    verdict,
    reason,
    combined,
    metrics: [...metrics],
    trail: [...trail],
  });
  const skewed = traffic.isSuspicious ? [skewText(traffic, step.weight)] : [];
  for (const line of skewed) context.ports.log.warning(line);
  const where = `${step.weight} %: `;
  const evidence = [...evidenceLines(seen, where), ...skewed.map((line) => `- ${where}${line}`)];
  const why = goesOn(context, { seen, plan, last });
  if (why === null) mustPass(seen, `at ${step.weight} %`);
  return why === null || verdict === 'passed' ? evidence : [...evidence, `- ${where}${why}`];
}

/** Why a step that is inconclusive ends no release; null when it does. What could not be measured always does. */
function goesOn(
  context: ReleaseContext,
  { seen, plan, last }: { readonly seen: Observation; readonly plan: Canary; readonly last: boolean },
): string | null {
  if (seen.verdict !== 'inconclusive') return null;
  if (!last && plan.onInconclusive === 'continue' && !isSuspicious(seen))
    return 'Inconclusive; the plan says to continue, and the evidence is kept for the next step';
  const { overrides, actor } = context.journal.state.started;
  // A person may let too little evidence count as enough, for this release and on the record.
  return last && overrides.includes('inconclusive') ? `Inconclusive; overridden by ${actor}` : null;
}

/** More traffic is for what is merely unproven, not for what looks worse already. */
function isSuspicious({ metrics }: Observation): boolean {
  return metrics.some(({ importance, evidence: { lack } }) => {
    return importance !== 'advisory' && (lack === 'suspicion' || lack === 'above-limit');
  });
}

/** Requests that a probe sends are split as it sends them; those that a source counts, as the traffic is. */
function shareOf(metrics: readonly Metric[], weight: number): number | null {
  const [counting] = metrics
    .filter(({ kind }) => kind === 'errors')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return counting?.source.kind === 'prometheus' ? weight / 100 : null;
}

function skewText({ canary, baseline }: Observation['traffic'], weight: number): string {
  const share = Math.round((1000 * canary) / (canary + baseline)) / 10;
  return `Of the requests measured ${share} % were the canary’s, and the weight is ${weight} %: traffic or queries are not what the plan says. This warns, and decides nothing.`;
}

function stepList(steps: readonly Step[]): string {
  return steps.map((step) => `${step.weight} %`).join(', ');
}
