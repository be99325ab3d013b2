import type { Batch, Measurement, Past, PastBatches, Span } from './contract.js';
import type { Driver, MetricOf, SourcePorts } from './driver.js';
import { openApi } from './prometheus/api.js';
import type { Series } from './prometheus/envelope.js';
import { queryFor } from './prometheus/query.js';
import { createPrometheusReader } from './prometheus/reader.js';
import type { Answer } from './reading/arm.js';
import { readLive } from './reading/live.js';
import { type Answers, askAll, type Reader } from './reading/pair.js';
import { Unmeasured } from './unmeasured.js';

type PrometheusMetric = MetricOf<'prometheus'>;

/** A server answers at most 11,000 points per series. */
const MOST_POINTS = 10_000;

/** Prometheus and what speaks its HTTP API, as Loki does: counters, histograms and gauges of both arms. */
export function createPrometheus(ports: SourcePorts): Driver<'prometheus'> {
  return {
    async measure(measurement) {
      const metrics: readonly PrometheusMetric[] = measurement.metrics;
      await Promise.all(metrics.map((metric) => measureOne(ports, metric, measurement)));
    },
    past: {
      has: () => true,
      async history(past) {
        const metrics: readonly PrometheusMetric[] = past.metrics;
        const found = metrics.map(
          async (metric) => [metric.name, await pastOf(ports, metric, past)] as const,
        );
        return Object.fromEntries(await Promise.all(found));
      },
    },
  };
}

async function measureOne(
  ports: SourcePorts,
  metric: PrometheusMetric,
  { signal, wave, onBatch }: Omit<Measurement, 'metrics'>,
): Promise<void> {
  const { source, name } = metric;
  await readLive({
    clock: ports.clock,
    signal,
    everyMs: source.everyMs,
    lagMs: source.delayMs,
    reader: createPrometheusReader(metric, 'live'),
    async ask({ text }, span, signal) {
      const query = queryFor(text, { ...span, wave });
      const api = await openApi(ports, source, wave);
      return api.at(query, span.to, signal);
    },
    onBatch: (batch) => onBatch(name, batch),
  });
}

async function pastOf(
  ports: SourcePorts,
  metric: PrometheusMetric,
  { from, to: until, everyMs, wave, signal }: Omit<Past, 'metrics'>,
): Promise<PastBatches> {
  const { source } = metric;
  const to = Math.min(until, ports.clock.now() - source.delayMs);
  const stepMs = Math.ceil(Math.max(everyMs, source.everyMs, (to - from) / MOST_POINTS));
  const reader = createPrometheusReader(metric, 'past');
  const answers = await askAll(reader, async ({ text }) => {
    const query = queryFor(text, { from, to: from + stepMs, wave });
    const api = await openApi(ports, source, wave);
    return api.over(query, { from, to, stepMs }, signal);
  });
  const refused = [...answers.canary, ...answers.baseline].find((answer) => answer instanceof Unmeasured);
  if (refused !== undefined) return { problem: refused.message };
  return batchesOf(reader, answers, { from, to, stepMs });
}

/** One reading for each moment at which the server was asked to look. */
function batchesOf(
  reader: Reader<readonly Series[]>,
  answers: Answers<readonly Series[]>,
  { from, to, stepMs }: Span & { readonly stepMs: number },
): PastBatches {
  const canary = answers.canary.map(byMoment);
  const baseline = answers.baseline.map(byMoment);
  const batches: Batch[] = [];
  for (let at = from; at <= to; at += stepMs) {
    const span = { from: at - stepMs, to: at };
    const seen = (arm: readonly Moments[]) => arm.map((moments) => moments.get(at) ?? []);
    const batch = reader.read(span, { canary: seen(canary), baseline: seen(baseline) });
    // The first reading is where counters begin, and what a window before it holds was not asked for.
    if (batch !== null && at > from) batches.push(batch);
  }
  if (batches.some((batch) => batch.canary !== null || batch.baseline !== null)) return batches;
  const told = batches.findLast(({ problem }) => problem)?.problem;
  return { problem: told ?? 'its queries found no series in the past that was asked for' };
}

type Moments = ReadonlyMap<number, readonly Series[]>;

function byMoment(answer: Answer<readonly Series[]>): Moments {
  const moments = new Map<number, Series[]>();
  for (const { labels, points } of answer instanceof Unmeasured ? [] : answer) {
    for (const point of points) {
      const series = moments.get(point.at) ?? [];
      series.push({ labels, points: [point] });
      moments.set(point.at, series);
    }
  }
  return moments;
}
