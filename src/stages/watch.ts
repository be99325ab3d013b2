import { asWatched } from '../judge/metric-verdict.js';
import { dealPast, isEnoughPast } from '../judge/pairing.js';
import type { Batch } from '../metrics/contract.js';
import type { Metric } from '../plan/plan.js';
import { isMoved, watchedMetrics } from '../plan/watched.js';
import { ReleaseProblem } from '../release/problem.js';
import { type Before, withHistory } from './before.js';
import { beginTrial, NO_PAST } from './begin-trial.js';
import type { ReleaseContext } from './context.js';
import { evidenceLines, mustPass, observe } from './observe.js';
import { askReady } from './ready.js';
import type { Trial } from './trial.js';

/** How many times in a row the service may be not ready in a watch before that counts. */
const NOT_READY_IN_A_ROW = 3;

/**
 * Watches the promoted version: `ready`, the limits, and `worse-by` against the same metric before the promotion.
 * Throws when it does not hold. Gives the lines of evidence.
 */
export async function watch(
  context: ReleaseContext,
  { before, promotedAt }: { readonly before: Before; readonly promotedAt: number },
): Promise<readonly string[]> {
  const { plan, ports, journal } = context;
  const forMs = plan.watch?.forMs ?? 0;
  if (forMs === 0) return [];
  const past = await withHistory(context, before, { until: promotedAt, forMs });
  const metrics = judgedMetrics(watchedMetrics(plan), past, forMs);
  ports.log.info(`Watching ${journal.state.started.version} for ${forMs / 1000} s`);
  const trial = trialOf(context, metrics, forMs);
  const seen = await observe(context, {
    stage: 'promote',
    trial,
    forMs,
    wave: null,
    alarm: readyAlarm(context),
    turn: turner(context, metrics, past),
  });
  const unwatched = unwatchedLines(context, metrics);
  if (seen === null) return [...unwatched, `- Watched for ${forMs / 1000} s: ready all the time`];
  const held = asWatched(seen);
  const { verdict, reason, combined, trail } = held;
  journal.record({
    type: 'judged',
    stage: 'promote',
    weight: plan.canary?.endsAt ?? 0,
    verdict,
    reason,
    combined,
    metrics: [...held.metrics],
    trail: [...trail],
  });
  mustPass(held, 'after the promotion');
  return [...unwatched, ...comparedLines(metrics), ...evidenceLines(held, 'Watch: ')];
}

function trialOf(context: ReleaseContext, metrics: readonly Metric[], forMs: number): Trial | null {
  if (metrics.length === 0) return null;
  const trial = beginTrial(context, { stage: 'promote', metrics, plannedMs: forMs, past: NO_PAST });
  const weight = context.plan.canary?.endsAt ?? 0;
  const at = context.ports.clock.now();
  trial.phase({ at, weight, wave: null, warmUpMs: 0, bakeMs: 0, share: null });
  return trial;
}

/** What nothing before is known of is judged by its limit alone; without one it is not judged. */
function judgedMetrics(metrics: readonly Metric[], past: Before, forMs: number): readonly Metric[] {
  return metrics
    .map((metric) => {
      const isCompared = metric.worseBy !== null && isEnoughPast(past[metric.name] ?? [], forMs);
      return isCompared ? metric : { ...metric, worseBy: null };
    })
    .filter(({ worseBy, limit }) => worseBy !== null || limit !== null);
}

/** Puts the service where the canary was, and its own past where the baseline was. */
function turner(context: ReleaseContext, metrics: readonly Metric[], past: Before) {
  const from = context.ports.clock.now();
  const span = { from, to: from + (context.plan.watch?.forMs ?? 0) };
  const dealers = new Map(
    metrics.flatMap(({ name, worseBy }) =>
      worseBy === null ? [] : [[name, dealPast(past[name] ?? [], span)] as const],
    ),
  );
  const turned = new Set(
    isMoved(context.plan.canary)
      ? metrics.filter(({ source }) => source.kind === 'run').map(({ name }) => name)
      : [],
  );
  return (name: string, batch: Batch): Batch => {
    const live = turned.has(name) ? ({ ...batch, canary: batch.baseline } as Batch) : batch;
    const alone = { ...live, baseline: null } as Batch;
    const deal = dealers.get(name);
    return deal ? { ...deal(alone), from: batch.from, to: batch.to } : alone;
  };
}

function readyAlarm(context: ReleaseContext): (signal: AbortSignal) => Promise<void> {
  const { ready } = context.plan;
  let notReady = 0;
  return async (signal) => {
    if (!ready) return;
    const answer = await askReady(context, ready, signal);
    notReady = answer === null || signal.aborted ? 0 : notReady + 1;
    if (notReady < NOT_READY_IN_A_ROW) return;
    throw new ReleaseProblem(
      'watch-failed',
      `not ready ${notReady} times in a row: ${ready.url} ${answer ?? ''}`,
    );
  };
}

function unwatchedLines({ plan }: ReleaseContext, judged: readonly Metric[]): readonly string[] {
  const watched = watchedMetrics(plan);
  return plan.metrics
    .filter(({ name }) => !judged.some((metric) => metric.name === name))
    .map(({ name }) =>
      watched.some((metric) => metric.name === name)
        ? `- Not watched: \`${name}\`; it has no limit, and nothing is known of it before the promotion`
        : `- Not watched: \`${name}\`; its source knows only the canary, which was retired`,
    );
}

function comparedLines(metrics: readonly Metric[]): readonly string[] {
  const compared = metrics.filter(({ worseBy }) => worseBy !== null).map(({ name }) => `\`${name}\``);
  if (compared.length === 0) return [];
  return [
    `- Compared with the time before the promotion, which is weaker than two versions side by side: ${compared.join(', ')}`,
  ];
}
