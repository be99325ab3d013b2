import type { Canary, Step } from '../plan/plan.js';
import type { TrafficDriver } from '../traffic/contract.js';
import type { ReleaseContext } from './context.js';
import { effect } from './effect.js';
import { mustPass, type Observation, observe } from './observe.js';
import { waitReady } from './ready.js';
import { mustRun } from './script.js';
import type { Stage } from './stage.js';
import { stopIfAsked } from './stop.js';
import { setWeight, trafficOf } from './weight.js';
import { windowMustBeOpen } from './window.js';

export const canary: Stage = {
  name: 'canary',
  skip: (plan) => (plan.canary ? null : 'the plan has no `canary`: the new version is promoted all at once'),
  async run(context) {
    const { canary: plan } = context.plan;
    if (!plan) return { summary: 'no canary', evidence: [] };
    await deploy(context, plan);
    const driver = trafficOf(context, 'canary', 'released');
    const evidence: string[] = [];
    for (const [index, step] of plan.steps.entries()) {
      const last = index === plan.steps.length - 1;
      if (driver) evidence.push(...(await climb(context, { plan, step, driver, last })));
    }
    const top = plan.steps.at(-1)?.weight;
    return {
      summary: top === undefined ? 'the canary was deployed' : `healthy at ${stepList(plan.steps)}`,
      evidence,
    };
  },
};

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

/** One step: raise, read back, warm up, judge. */
async function climb(
  context: ReleaseContext,
  options: { plan: Canary; step: Step; driver: TrafficDriver; last: boolean },
): Promise<readonly string[]> {
  const { plan, step, driver } = options;
  windowMustBeOpen(context, `raising the canary to ${step.weight} %`);
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
  await context.ports.clock.sleep(step.forMs === 0 ? 0 : plan.warmUpMs, context.signal);
  stopIfAsked(context.signal);
  if (step.forMs === 0 || context.plan.metrics.length === 0) return [];
  return judge(context, step, options.last);
}

async function judge(context: ReleaseContext, step: Step, last: boolean): Promise<readonly string[]> {
  const seen = await observe(context, { metrics: context.plan.metrics, forMs: step.forMs });
  context.journal.record({
    type: 'judged',
    stage: 'canary',
    weight: step.weight,
    verdict: seen.verdict,
    metrics: [...seen.metrics],
  });
  if (!overridden(context, seen, last)) mustPass(seen, `at ${step.weight} %`);
  return seen.metrics.map(
    (metric) => `- ${step.weight} %: \`${metric.metric}\` ${metric.verdict}: ${metric.reason}`,
  );
}

/** A person may let too little evidence count as enough, for this release and on the record. */
function overridden(context: ReleaseContext, seen: Observation, last: boolean): boolean {
  return (
    last &&
    seen.verdict === 'inconclusive' &&
    context.journal.state.started.overrides.includes('inconclusive')
  );
}

function stepList(steps: readonly Step[]): string {
  return steps.map((step) => `${step.weight} %`).join(', ');
}
