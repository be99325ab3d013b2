import type { Batch, MetricBatch, Span } from '../contract.js';
import { type Answer, type ArmReader, asUnmeasured, type Query } from './arm.js';

/** In the order of the queries. */
export interface Answers<Raw> {
  readonly canary: readonly Answer<Raw>[];
  readonly baseline: readonly Answer<Raw>[];
}

/** Follows one metric from reading to reading and makes the batches. */
export interface Reader<Raw> {
  readonly queries: { readonly canary: readonly Query[]; readonly baseline: readonly Query[] };
  /** Null when counters were read for the first time and all is well: there is no interval yet. */
  read(span: Span, answers: Answers<Raw>): Batch | null;
}

/** In the past that there was nothing is no problem: an arm may not have been there yet. */
export type Tense = 'live' | 'past';

export interface Arms<Sample> {
  readonly canary: Sample | null;
  readonly baseline: Sample | null;
}

/** Both arms side by side, each with its own problems. Where `batchOf` has one, it comes after those of the arms. */
export function createReader<Raw, Sample>({
  canary,
  baseline,
  tense,
  batchOf,
}: {
  readonly canary: ArmReader<Raw, Sample>;
  readonly baseline: ArmReader<Raw, Sample> | null;
  readonly tense: Tense;
  readonly batchOf: (arms: Arms<Sample>) => MetricBatch;
}): Reader<Raw> {
  let isFirst = true;
  return {
    queries: { canary: canary.queries, baseline: baseline?.queries ?? [] },
    read(span, answers) {
      const readings = {
        canary: canary.read(answers.canary),
        baseline: baseline === null ? null : baseline.read(answers.baseline),
      };
      const { baseline: other } = readings;
      const onlyBegins = isFirst && readings.canary.begins && (other === null || other.begins);
      isFirst = false;
      if (onlyBegins) return null;
      const arms = { canary: readings.canary.sample, baseline: other?.sample ?? null };
      const { problem, ...measured } = batchOf(arms);
      const problems = [
        ...notesOf('canary', readings.canary, tense),
        ...(other === null ? [] : notesOf('baseline', other, tense)),
        ...(problem ? [problem] : []),
      ];
      return { ...span, ...measured, ...(problems.length === 0 ? {} : { problem: problems.join('; ') }) };
    },
  };
}

/** Asks all questions of both arms at once; what goes wrong is an answer, too. */
export async function askAll<Raw>(
  { queries }: Reader<Raw>,
  ask: (query: Query) => Promise<Raw>,
): Promise<Answers<Raw>> {
  const askEach = (list: readonly Query[]) =>
    Promise.all(list.map((query) => ask(query).catch(asUnmeasured)));
  const [canary, baseline] = await Promise.all([askEach(queries.canary), askEach(queries.baseline)]);
  return { canary, baseline };
}

function notesOf(
  arm: string,
  {
    begins,
    isEmpty,
    notes,
  }: { readonly begins: boolean; readonly isEmpty: boolean; readonly notes: readonly string[] },
  tense: Tense,
): readonly string[] {
  if (tense === 'past') return isEmpty ? [] : notes;
  return begins ? [...notes, `${arm}: its counters are read anew, and count from now on`] : notes;
}
