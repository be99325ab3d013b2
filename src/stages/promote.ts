import { ReleaseProblem } from '../release/problem.js';
import { lookBefore } from './before.js';
import type { ReleaseContext } from './context.js';
import { effect, effectNow } from './effect.js';
import { mustServe } from './read-back.js';
import { waitReady } from './ready.js';
import { evidenceOf, howItEnded, mustRun, runScript } from './script.js';
import type { Stage } from './stage.js';
import { watch } from './watch.js';
import { setWeight, trafficOf } from './weight.js';
import { windowMustBeOpen } from './window.js';

export const promote: Stage = {
  name: 'promote',
  skip: (plan) => (plan.promote ? null : 'the plan has no `promote`'),
  async run(context) {
    const { started } = context.journal.state;
    const before = await lookBefore(context);
    windowMustBeOpen(context, 'promoting');
    const promotedAt = context.ports.clock.now();
    await bring(context);
    await settleTraffic(context);
    if (context.plan.ready) await waitReady(context, { what: 'the service', ready: context.plan.ready });
    const wanted = {
      version: started.version,
      stage: 'promote',
      target: 'released',
      reason: 'version-differs',
      signal: context.signal,
    } as const;
    const read = await mustServe(context, wanted);
    await context.journal.commit(`${started.version} in service`);
    const evidence = [
      read
        ? `- Read back: ${started.version} is in service`
        : '- Unverified: without `in-service` in the plan, the version in service was not read back',
      ...(await removeCanary(context)),
      ...(await watch(context, { before, promotedAt })),
    ];
    if (context.plan.watch) await mustServe(context, wanted);
    return { summary: `${started.version} is in service${read ? ', read back' : ' (unverified)'}`, evidence };
  },
};

async function bring(context: ReleaseContext): Promise<void> {
  const { promote: script } = context.plan;
  if (!script) throw new ReleaseProblem('plan-invalid', 'the plan has no `promote`');
  const { version } = context.journal.state.started;
  const headline = `promotes ${version}`;
  await effect(context, { effect: 'promote', timeoutMs: script.timeoutMs, headline }, async () => {
    await mustRun(context, { name: 'promote', script, stage: 'promote' }, 'promote-failed');
    return undefined;
  });
}

/** To 0 the service itself is new by now; to 100 the canary stays and is the service (blue/green). */
async function settleTraffic(context: ReleaseContext): Promise<void> {
  const driver = trafficOf(context, 'promote', 'released');
  const { canary } = context.plan;
  if (!driver || !canary?.traffic) return;
  const options = {
    effect: 'traffic',
    weight: canary.endsAt,
    timeoutMs: canary.traffic.run.timeoutMs,
    headline: `all traffic on ${context.journal.state.started.version}`,
  } as const;
  const move = () => setWeight(driver, canary.endsAt, context.signal);
  await (canary.endsAt === 0 ? effectNow(context, options, move) : effect(context, options, move));
}

/** The new version serves by now: a canary that cannot be removed costs money, not users, and is only told. */
async function removeCanary(context: ReleaseContext): Promise<readonly string[]> {
  const remove = context.plan.canary?.remove;
  if (!remove || context.plan.canary?.endsAt === 100) return [];
  const options = { effect: 'remove', timeoutMs: remove.timeoutMs, headline: 'removes the canary' } as const;
  try {
    await effectNow(context, options, async () => {
      const result = await runScript(context, { name: 'remove canary', script: remove, stage: 'promote' });
      if (result.outcome === 'ok') return undefined;
      throw new ReleaseProblem('script-failed', `\`remove\` ${howItEnded(result, remove)}`, {
        evidence: evidenceOf('remove', result),
      });
    });
    return [];
  } catch (error) {
    const problem = error as ReleaseProblem;
    context.ports.log.warning(`The canary was not removed: ${problem.message}. Remove it by hand.`);
    return [`- The canary was not removed: ${problem.message}. Remove it by hand.`, ...problem.evidence];
  }
}
