import type { Batch, Measurement, Past, PastBatches, Span } from './contract.js';
import type { Driver, MetricOf, SourcePorts } from './driver.js';
import { eachInterval } from './intervals.js';
import { openApi } from './prometheus/api.js';
import type { Answer, Query } from './prometheus/arm.js';
import type { Series } from './prometheus/envelope.js';
import { queryFor } from './prometheus/query.js';
import { type Answers, createReader, type Reader } from './prometheus/reader.js';
import { reasonOf, Unmeasured } from './unmeasured.js';

type PrometheusMetric = MetricOf<'prometheus'>;

/**
 * A scrape has the time at which it began, and is there a moment later: two queries about this very moment may see
 * different scrapes.
 */
const LAG_MS = 2000;
/** A server answers at most 11,000 points per series. */
const MOST_POINTS = 10_000;

/** Prometheus and what speaks its HTTP API, as Loki does: counters, histograms and gauges of both arms. */
export function createPrometheus(ports: SourcePorts): Driver<'prometheus'> {
  return {
    async measure({ metrics, ...measurement }) {
      await Promise.all(metrics.map((metric) => measureOne(ports, metric, measurement)));
    },
    past: {
      has: () => true,
      async history({ metrics, ...past }) {
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
  const { clock } = ports;
  const { source, name } = metric;
  const { everyMs } = source;
  const reader = createReader(metric, 'live');
  await eachInterval({
    clock,
    signal,
    everyMs,
    lagMs: Math.min(LAG_MS, everyMs / 4),
    async onInterval(span, signal) {
      const askedAt = clock.now();
      const answers = await askAll(reader, async ({ text }) => {
        const query = queryFor(text, { ...span, wave });
        const api = await openApi(ports, source, wave);
        return api.at(query, span.to, signal);
      });
      const batch = reader.read(span, answers);
      if (batch !== null) onBatch(name, withSlowness(batch, { tookMs: clock.now() - askedAt, everyMs }));
    },
  });
}

async function pastOf(
  ports: SourcePorts,
  metric: PrometheusMetric,
  { from, to, everyMs, wave, signal }: Omit<Past, 'metrics'>,
): Promise<PastBatches> {
  const { source } = metric;
  const stepMs = Math.ceil(Math.max(everyMs, source.everyMs, (to - from) / MOST_POINTS));
  const reader = createReader(metric, 'past');
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
  reader: Reader,
  answers: Answers,
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

function byMoment(answer: Answer): Moments {
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

async function askAll(
  { queries }: Reader,
  ask: (query: Query) => Promise<readonly Series[]>,
): Promise<Answers> {
  const askEach = (list: readonly Query[]) => Promise.all(list.map((query) => ask(query).catch(failureOf)));
  const [canary, baseline] = await Promise.all([askEach(queries.canary), askEach(queries.baseline)]);
  return { canary, baseline };
}

function failureOf(error: unknown): Unmeasured {
  return error instanceof Unmeasured ? error : new Unmeasured(reasonOf(error), { cause: error });
}

/** It was asked about a moment, so a late answer is no wrong one; but the next batches are as long as it took. */
function withSlowness(
  batch: Batch,
  { tookMs, everyMs }: { readonly tookMs: number; readonly everyMs: number },
): Batch {
  if (tookMs <= everyMs) return batch;
  const slow = `the answers took ${Math.round(tookMs / 1000)} s, longer than the interval of ${everyMs / 1000} s; make the queries cheaper or \`every\` longer`;
  return { ...batch, problem: [...(batch.problem ? [batch.problem] : []), slow].join('; ') };
}
