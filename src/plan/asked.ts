import { hasPlace } from './places.js';
import type { HttpJsonSource, Metric, PrometheusSource, Queries } from './plan.js';

type AskedSource = PrometheusSource | HttpJsonSource;

/** Whether Prometheus answers a query by the amount of an interval; else by counters, whose rise is what counts. */
export function asksForWindow(query: string): boolean {
  return hasPlace(query, ['window']);
}

/** The same of an answer in JSON. */
export function asksForAmounts(
  { preset, url, body, path }: Pick<HttpJsonSource, 'preset' | 'url' | 'body' | 'path'>,
  query: string,
): boolean {
  const texts = [url, body ?? '', path ?? '', query];
  return preset !== null || texts.some((text) => hasPlace(text, ['from', 'to', 'window']));
}

/** All texts of a source in which places may stand. */
export function templatesOf(source: AskedSource): readonly string[] {
  const asked = [source.canary, source.baseline].flatMap(textsOf);
  return source.kind === 'prometheus'
    ? [source.url, ...asked]
    : [source.url, source.body ?? '', source.path ?? '', ...asked];
}

const SECOND = 1000;

/**
 * How long after a step began the first interval of a metric is known at most, in milliseconds; 0 for a probe.
 * Intervals of whole seconds begin at one, and counters are read once before their first interval begins.
 */
export function settlesMs({ kind, source }: Metric): number {
  if (source.kind === 'probe') return 0;
  const aligned = source.everyMs + (source.everyMs % SECOND === 0 ? SECOND : 0);
  if (source.kind === 'run') return aligned;
  const isAmount = (text: string) =>
    source.kind === 'prometheus' ? asksForWindow(text) : asksForAmounts(source, text);
  const counts = kind !== 'gauge' && !textsOf(source.canary).every(isAmount);
  return aligned + source.delayMs + (counts ? source.everyMs : 0);
}

function textsOf(queries: Queries | null): readonly string[] {
  switch (queries?.kind) {
    case undefined:
      return [];
    case 'errors':
      return [queries.failed, queries.total];
    case 'latency':
      return [queries.buckets];
    case 'gauge':
      return [queries.value];
  }
}
