import { asksForWindow } from '../../plan/asked.js';
import type { Queries } from '../../plan/plan.js';
import type { CountSample } from '../contract.js';
import type { MetricOf } from '../driver.js';
import { createArmReader } from '../reading/arm.js';
import { type Arms, createReader, type Reader, type Tense } from '../reading/pair.js';
import { amountTrack, counterTrack, type Track } from '../reading/track.js';
import { type Counters, increase } from './counters.js';
import { createScale } from './distribution.js';
import type { Series } from './envelope.js';
import { type Histogram, histogramIncrease, histogramsOf } from './histograms.js';
import { countersOf, oneNumber } from './readings.js';

type Answer = readonly Series[];
type Asked<K extends Queries['kind']> = Extract<Queries, { kind: K }>;

/** Follows a metric of Prometheus. A query with `{{window}}` answers amounts, any other counters. */
export function createPrometheusReader(metric: MetricOf<'prometheus'>, tense: Tense): Reader<Answer> {
  const { canary, baseline, unit } = metric.source;
  switch (canary.kind) {
    case 'errors':
      return createReader({
        canary: errorsReader('canary', canary),
        baseline: baseline?.kind === 'errors' ? errorsReader('baseline', baseline) : null,
        tense,
        batchOf: (arms) => ({ kind: 'errors', ...arms }),
      });
    case 'latency': {
      const scale = createScale(unit);
      return createReader({
        canary: latencyReader('canary', canary),
        baseline: baseline?.kind === 'latency' ? latencyReader('baseline', baseline) : null,
        tense,
        batchOf: (arms: Arms<readonly Histogram[]>) => ({ kind: 'latency', ...scale.put(arms) }),
      });
    }
    case 'gauge':
      return createReader({
        canary: gaugeReader('canary', canary),
        baseline: baseline?.kind === 'gauge' ? gaugeReader('baseline', baseline) : null,
        tense,
        batchOf: (arms) => ({ kind: 'gauge', ...arms }),
      });
  }
}

function errorsReader(arm: string, asked: Asked<'errors'>) {
  const queries = [
    { name: `${arm}.failed`, text: asked.failed },
    { name: `${arm}.total`, text: asked.total },
  ];
  return createArmReader({
    queries,
    tracks: queries.map(({ name, text }) => countTrack(text, name)),
    sampleOf: ([failed = Number.NaN, total = Number.NaN]): CountSample => ({ failed, total }),
  });
}

function latencyReader(arm: string, { buckets }: Asked<'latency'>) {
  const name = `${arm}.buckets`;
  return createArmReader({
    queries: [{ name, text: buckets }],
    tracks: [histogramTrack(buckets, name)],
    sampleOf: ([histograms = []]) => histograms,
  });
}

function gaugeReader(arm: string, { value }: Asked<'gauge'>) {
  return createArmReader({
    queries: [{ name: arm, text: value }],
    tracks: [amountTrack((series: Answer) => oneNumber(series, arm))],
    sampleOf: ([number = Number.NaN]) => number,
  });
}

function countTrack(query: string, what: string): Track<Answer, number> {
  const read = (series: Answer) => countersOf(series, what);
  return asksForWindow(query)
    ? amountTrack((series: Answer) => sumOf(read(series)))
    : counterTrack({ read, since: increase });
}

function histogramTrack(query: string, what: string): Track<Answer, readonly Histogram[]> {
  const read = (series: Answer) => histogramsOf(series, what);
  return asksForWindow(query)
    ? amountTrack((series: Answer) => [...read(series).values()])
    : counterTrack({ read, since: histogramIncrease });
}

function sumOf(counters: Counters): number {
  return [...counters.values()].reduce((sum, { value }) => sum + value, 0);
}
