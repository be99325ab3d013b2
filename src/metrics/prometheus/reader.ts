import type { Batch, CountSample, MetricBatch, Span } from '../contract.js';
import type { MetricOf } from '../driver.js';
import { type Answer, type ArmReader, errorsReader, gaugeReader, latencyReader, type Query } from './arm.js';
import { createScale } from './distribution.js';
import type { Histogram } from './histograms.js';

/** In the order of the queries. */
export interface Answers {
  readonly canary: readonly Answer[];
  readonly baseline: readonly Answer[];
}

/** Follows one metric from reading to reading and makes the batches. */
export interface Reader {
  readonly queries: { readonly canary: readonly Query[]; readonly baseline: readonly Query[] };
  /** Null when counters were read for the first time and all is well: there is no interval yet. */
  read(span: Span, answers: Answers): Batch | null;
}

/** In the past that there was nothing is no problem: an arm may not have been there yet. */
export type Tense = 'live' | 'past';

export function createReader(metric: MetricOf<'prometheus'>, tense: Tense): Reader {
  const { canary, baseline, unit } = metric.source;
  switch (canary.kind) {
    case 'errors':
      return pairReader({
        canary: errorsReader('canary', canary),
        baseline: baseline?.kind === 'errors' ? errorsReader('baseline', baseline) : null,
        tense,
        batchOf: (arms: Arms<CountSample>) => ({ kind: 'errors', ...arms }),
      });
    case 'latency': {
      const scale = createScale(unit);
      return pairReader({
        canary: latencyReader('canary', canary),
        baseline: baseline?.kind === 'latency' ? latencyReader('baseline', baseline) : null,
        tense,
        batchOf: (arms: Arms<readonly Histogram[]>) => ({ kind: 'latency', ...scale.put(arms) }),
      });
    }
    case 'gauge':
      return pairReader({
        canary: gaugeReader('canary', canary),
        baseline: baseline?.kind === 'gauge' ? gaugeReader('baseline', baseline) : null,
        tense,
        batchOf: (arms: Arms<number>) => ({ kind: 'gauge', ...arms }),
      });
  }
}

interface Arms<Sample> {
  readonly canary: Sample | null;
  readonly baseline: Sample | null;
}

interface Pair<Sample> {
  readonly canary: ArmReader<Sample>;
  readonly baseline: ArmReader<Sample> | null;
  readonly tense: Tense;
  /** A `problem` of its own comes after those of the arms. */
  readonly batchOf: (arms: Arms<Sample>) => MetricBatch;
}

function pairReader<Sample>({ canary, baseline, tense, batchOf }: Pair<Sample>): Reader {
  let isFirst = true;
  return {
    queries: { canary: canary.queries, baseline: baseline?.queries ?? [] },
    read(span, answers) {
      const named = [
        { name: 'canary', ...canary.read(answers.canary) },
        ...(baseline === null ? [] : [{ name: 'baseline', ...baseline.read(answers.baseline) }]),
      ];
      const onlyBegins = isFirst && named.every(({ begins }) => begins);
      isFirst = false;
      if (onlyBegins) return null;
      const sampleOf = (arm: string) => named.find(({ name }) => name === arm)?.sample ?? null;
      const batch = batchOf({ canary: sampleOf('canary'), baseline: sampleOf('baseline') });
      const notes = named.flatMap((arm) => (tense === 'past' && arm.isEmpty ? [] : notesOf(arm, tense)));
      const problems = [...notes, ...(batch.problem ? [batch.problem] : [])];
      const { problem: _, ...measured } = batch;
      return { ...span, ...measured, ...(problems.length === 0 ? {} : { problem: problems.join('; ') }) };
    },
  };
}

function notesOf(
  arm: { readonly name: string; readonly begins: boolean; readonly notes: readonly string[] },
  tense: Tense,
): readonly string[] {
  const begins = arm.begins && tense === 'live';
  return [
    ...arm.notes,
    ...(begins ? [`${arm.name}: its counters are read anew, and count from now on`] : []),
  ];
}
