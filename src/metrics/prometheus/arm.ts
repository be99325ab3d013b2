import type { Queries } from '../../plan/plan.js';
import type { CountSample } from '../contract.js';
import { NothingFound, reasonOf, shown, Unmeasured } from '../unmeasured.js';
import type { Series } from './envelope.js';
import type { Histogram } from './histograms.js';
import { oneNumber } from './readings.js';
import { countTrack, histogramTrack, type Taken, type Track } from './tracks.js';

/** What came of one query: its series, or why there are none. */
export type Answer = readonly Series[] | Unmeasured;

/** One query of an arm. */
export interface Query {
  readonly name: string;
  readonly text: string;
}

/** What one arm did in one interval. */
export interface ArmReading<Sample> {
  readonly sample: Sample | null;
  /** The arm was read for the first time, and what it did before belongs to no interval. */
  readonly begins: boolean;
  /** It was asked and answered that there is nothing. */
  readonly isEmpty: boolean;
  readonly notes: readonly string[];
}

/** Follows one arm from reading to reading. */
export interface ArmReader<Sample> {
  readonly queries: readonly Query[];
  /** Answers in the order of `queries`. */
  read(answers: readonly Answer[]): ArmReading<Sample>;
}

export function errorsReader(arm: string, asked: Extract<Queries, { kind: 'errors' }>) {
  const failed = countTrack(asked.failed, `${arm}.failed`);
  const total = countTrack(asked.total, `${arm}.total`);
  return reader<number, CountSample>({
    queries: [
      { name: `${arm}.failed`, text: asked.failed },
      { name: `${arm}.total`, text: asked.total },
    ],
    tracks: [failed, total],
    sampleOf: ([failed = 0, total = 0]) => ({ failed, total }),
  });
}

export function latencyReader(arm: string, asked: Extract<Queries, { kind: 'latency' }>) {
  const what = `${arm}.buckets`;
  return reader<readonly Histogram[], readonly Histogram[]>({
    queries: [{ name: what, text: asked.buckets }],
    tracks: [histogramTrack(asked.buckets, what)],
    sampleOf: ([histograms = []]) => histograms,
  });
}

export function gaugeReader(arm: string, asked: Extract<Queries, { kind: 'gauge' }>) {
  return reader<number, number>({
    queries: [{ name: arm, text: asked.value }],
    tracks: [{ take: (series) => ({ amount: oneNumber(series, arm), notes: [] }), miss: () => undefined }],
    sampleOf: ([value = Number.NaN]) => value,
  });
}

function reader<Amount, Sample>({
  queries,
  tracks,
  sampleOf,
}: {
  readonly queries: readonly Query[];
  readonly tracks: readonly Track<Amount>[];
  readonly sampleOf: (amounts: readonly Amount[]) => Sample;
}): ArmReader<Sample> {
  return {
    queries,
    read(answers) {
      const taken = tracks.map((track, i) => takeFrom(track, answers[i] ?? []));
      const amounts = taken.flatMap(({ amount }) => (amount === null ? [] : [amount]));
      const failures = taken.flatMap(({ failure }) => failure ?? []);
      return {
        sample: amounts.length === tracks.length ? sampleOf(amounts) : null,
        begins: failures.length === 0 && amounts.length < tracks.length,
        isEmpty: failures.length > 0 && failures.every((one) => one instanceof NothingFound),
        notes: taken.flatMap(({ notes, failure }, i) => [
          ...notes,
          ...(failure === null ? [] : [describe(failure, queries[i])]),
        ]),
      };
    },
  };
}

function takeFrom<Amount>(
  track: Track<Amount>,
  answer: Answer,
): Taken<Amount> & { readonly failure: Unmeasured | null } {
  if (answer instanceof Unmeasured) {
    track.miss();
    return { amount: null, notes: [], failure: answer };
  }
  try {
    return { ...track.take(answer), failure: null };
  } catch (error) {
    const failure = error instanceof Unmeasured ? error : new Unmeasured(reasonOf(error), { cause: error });
    return { amount: null, notes: [], failure };
  }
}

/** What was asked belongs to every failure; a failure of the query's own begins with its name. */
function describe(failure: Unmeasured, query: Query | undefined): string {
  const { name = '', text = '' } = query ?? {};
  const message = failure.message.startsWith(name) ? failure.message : `${name}: ${failure.message}`;
  return `${message} [asked: ${shown(text)}]`;
}
