import { NothingFound, reasonOf, shown, Unmeasured } from '../unmeasured.js';
import type { Taken, Track } from './track.js';

/** What came of one query, or why nothing did. */
export type Answer<Raw> = Raw | Unmeasured;

/** One question about an arm. */
export interface Query {
  /** For people: `canary.failed`. */
  readonly name: string;
  readonly text: string;
}

/** What one arm did in one interval. */
export interface ArmReading<Sample> {
  readonly sample: Sample | null;
  /** Its counters were read for the first time: what they did before belongs to no interval. */
  readonly begins: boolean;
  /** It was asked and answered that there is nothing. */
  readonly isEmpty: boolean;
  readonly notes: readonly string[];
}

/** Follows one arm from reading to reading. */
export interface ArmReader<Raw, Sample> {
  readonly queries: readonly Query[];
  /** Answers in the order of `queries`. */
  read(answers: readonly Answer<Raw>[]): ArmReading<Sample>;
}

/** An arm has a sample when each of its queries has an amount. Tracks are in the order of the queries. */
export function createArmReader<Raw, Amount, Sample>({
  queries,
  tracks,
  sampleOf,
}: {
  readonly queries: readonly Query[];
  readonly tracks: readonly Track<Raw, Amount>[];
  readonly sampleOf: (amounts: readonly Amount[]) => Sample;
}): ArmReader<Raw, Sample> {
  return {
    queries,
    read(answers) {
      const taken = tracks.map((track, i) => takeFrom(track, answers[i] ?? new Unmeasured('not asked')));
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

function takeFrom<Raw, Amount>(
  track: Track<Raw, Amount>,
  answer: Answer<Raw>,
): Taken<Amount> & { readonly failure: Unmeasured | null } {
  if (answer instanceof Unmeasured) {
    track.miss();
    return { amount: null, notes: [], failure: answer };
  }
  try {
    return { ...track.take(answer), failure: null };
  } catch (error) {
    return { amount: null, notes: [], failure: asUnmeasured(error) };
  }
}

export function asUnmeasured(error: unknown): Unmeasured {
  return error instanceof Unmeasured ? error : new Unmeasured(reasonOf(error), { cause: error });
}

/** What was asked belongs to every failure. */
function describe({ message }: Unmeasured, query: Query | undefined): string {
  const { name = '', text = '' } = query ?? {};
  const named = message.startsWith(name) ? message : `${name}: ${message}`;
  return text === '' ? named : `${named} [asked: ${shown(text)}]`;
}
