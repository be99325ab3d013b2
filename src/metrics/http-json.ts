import type { HttpJsonSource } from '../plan/plan.js';
import type { Measurement } from './contract.js';
import type { Driver, MetricOf, SourcePorts } from './driver.js';
import { type Endpoint, openEndpoint, parseHidden } from './endpoint.js';
import { datadog } from './http-json/datadog.js';
import { graphite } from './http-json/graphite.js';
import { newrelic } from './http-json/newrelic.js';
import { numberAt, parseJson } from './http-json/number.js';
import type { Preset } from './http-json/preset.js';
import { createNumberReader } from './http-json/reader.js';
import { type JsonRequest, pathFor, type Question, queryOf, requestFor } from './http-json/request.js';
import { readLive } from './reading/live.js';

type JsonMetric = MetricOf<'http-json'>;

const PRESETS: Readonly<Record<NonNullable<HttpJsonSource['preset']>, Preset>> = {
  datadog,
  newrelic,
  graphite,
};

/** Numbers from JSON answers: of any service by URL, body and path, and of some whose form is known. */
export function createHttpJson(ports: SourcePorts): Driver<'http-json'> {
  return {
    async measure(measurement) {
      const metrics: readonly JsonMetric[] = measurement.metrics;
      await Promise.all(metrics.map((metric) => measureOne(ports, metric, measurement)));
    },
    past: null,
  };
}

async function measureOne(
  ports: SourcePorts,
  metric: JsonMetric,
  { signal, wave, onBatch }: Omit<Measurement, 'metrics'>,
): Promise<void> {
  const { source, name, kind } = metric;
  await readLive({
    clock: ports.clock,
    signal,
    everyMs: source.everyMs,
    lagMs: source.delayMs,
    reader: createNumberReader(metric),
    async ask({ text }, span, signal) {
      const question = { query: text, kind, places: { ...span, wave } };
      const endpoint = await openEndpoint(ports, source);
      const answer = await endpoint.ask(requestOf(source, endpoint, question), signal);
      return parseHidden(endpoint, answer, (read) => numberIn(source, parseJson(read), question));
    },
    onBatch: (batch) => onBatch(name, batch),
  });
}

function requestOf(source: HttpJsonSource, { url, body }: Endpoint, question: Question): JsonRequest {
  if (source.preset === null) return requestFor({ ...source, url, body }, question);
  return PRESETS[source.preset].request({
    ...source,
    ...question,
    address: url.replace(/\/+$/, ''),
    query: queryOf(question),
  });
}

function numberIn(source: HttpJsonSource, answer: unknown, question: Question): number {
  return source.preset === null
    ? numberAt(answer, pathFor(source.path, question))
    : PRESETS[source.preset].number(answer, question.kind);
}
