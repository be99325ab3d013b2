import type { PastSample } from '../judge/pairing.js';
import { recordedBatch } from '../judge/recorded.js';
import type { JudgeRules } from '../judge/rules.js';
import type { Batch, MetricBatch, Span } from '../metrics/contract.js';
import type { Metric, Plan } from '../plan/plan.js';
import { comparedInWatch, LONGEST_LOOK_MS } from '../plan/watched.js';
import { parseSamples, SAMPLES_FILE } from '../release/samples.js';
import type { ReleaseContext } from './context.js';
import { scriptEnvironment } from './script.js';
import { stopIfAsked } from './stop.js';

/** What the service did before the promotion, by metric. */
export type Before = Readonly<Record<string, readonly PastSample[]>>;

/**
 * Called before the service is touched: what the canary's judge saw of the baseline is there already, and what a
 * source remembers can be asked later. Only what nobody knows is measured now, for as long as the watch will last.
 */
export async function lookBefore(context: ReleaseContext): Promise<Before> {
  const { plan, ports } = context;
  const compared = comparedInWatch(plan).filter((metric) => !ports.metrics.hasHistory(metric));
  const seen = seenByCanary(context, compared);
  const unknown = compared.filter(({ name }) => (seen[name]?.length ?? 0) === 0);
  if (unknown.length === 0) return seen;
  const forMs = Math.min(plan.watch?.forMs ?? 0, LONGEST_LOOK_MS);
  ports.log.info(`Measuring for ${forMs / 1000} s what is in service now, to compare with it later`);
  return { ...seen, ...(await measureNow(context, unknown, forMs)) };
}

/** Adds what sources remember of the time before `until`. */
export async function withHistory(
  context: ReleaseContext,
  before: Before,
  { until, forMs }: { readonly until: number; readonly forMs: number },
): Promise<Before> {
  const { metrics: source, log } = context.ports;
  const asked = comparedInWatch(context.plan).filter((metric) => source.hasHistory(metric));
  if (asked.length === 0) return before;
  const past = await source.history({
    metrics: asked,
    wave: null,
    env: scriptEnvironment(context, { stage: 'promote' }),
    signal: context.signal,
    from: until - forMs,
    to: until,
    everyMs: Math.max(1, forMs / PARTS),
  });
  const found = asked.map(({ name }) => {
    const batches = past[name] ?? { problem: 'nothing came of it' };
    if (!('problem' in batches)) return [name, samplesOf(context.plan, batches)] as const;
    log.warning(`\`${name}\` before the promotion could not be read: ${batches.problem}`);
    return [name, []] as const;
  });
  return { ...before, ...Object.fromEntries(found) };
}

/** Into so many parts the past is asked for; the source makes them longer where it must. */
const PARTS = 60;

/** The baseline's part of what the canary's judge was given, as long before now as the watch will last. */
function seenByCanary(context: ReleaseContext, metrics: readonly Metric[]): Before {
  const since = context.ports.clock.now() - (context.plan.watch?.forMs ?? 0);
  const entries = parseSamples(context.journal.kept(SAMPLES_FILE).join('\n'));
  let rules: JudgeRules['metrics'] = {};
  const seen = new Map<string, Batch[]>();
  for (const entry of entries) {
    if (entry.type === 'trial') rules = entry.rules.metrics;
    if (entry.type !== 'samples' || entry.to <= since) continue;
    for (const [name, kept] of Object.entries(entry.metrics)) {
      const rule = rules[name];
      if (rule === undefined) continue;
      const { from, to } = entry;
      seen.set(name, [...(seen.get(name) ?? []), { ...recordedBatch(rule, kept), from, to }]);
    }
  }
  return Object.fromEntries(metrics.map(({ name }) => [name, samplesOf(context.plan, seen.get(name) ?? [])]));
}

async function measureNow(
  context: ReleaseContext,
  metrics: readonly Metric[],
  forMs: number,
): Promise<Before> {
  const seen = new Map<string, Batch[]>(metrics.map(({ name }) => [name, []]));
  const done = new AbortController();
  const signal = AbortSignal.any([context.signal, done.signal]);
  const measuring = context.ports.metrics
    .measure({
      metrics,
      wave: null,
      env: scriptEnvironment(context, { stage: 'promote' }),
      signal,
      everyMs: 1_000,
      onBatch: (name, batch) => void seen.get(name)?.push(batch),
    })
    .finally(() => done.abort());
  await context.ports.clock.sleep(forMs, signal);
  done.abort();
  await measuring;
  stopIfAsked(context.signal);
  return Object.fromEntries([...seen].map(([name, batches]) => [name, samplesOf(context.plan, batches)]));
}

/** Before the promotion the service is the baseline of a canary; without one it is where the canary would be. */
function samplesOf({ canary }: Plan, batches: readonly (Span & MetricBatch)[]): readonly PastSample[] {
  const arm = canary === null ? 'canary' : 'baseline';
  return batches.flatMap((batch): PastSample[] => {
    const { from, to } = batch;
    if (batch.kind === 'errors') {
      const sample = batch[arm];
      return sample === null ? [] : [{ from, to, kind: 'errors', sample }];
    }
    if (batch.kind === 'latency') {
      const sample = batch[arm];
      return sample === null ? [] : [{ from, to, kind: 'latency', sample }];
    }
    const sample = batch[arm];
    return sample === null ? [] : [{ from, to, kind: 'gauge', sample }];
  });
}
