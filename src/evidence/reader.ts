import type { Redactor } from '../host/contract.js';
import type { EvidenceSource } from '../plan/plan.js';
import { type Collected, EvidenceProblem, type EvidenceReader, type Facts } from './contract.js';
import { checkedReports } from './files/check.js';
import { findReports, type Spotted } from './files/find.js';
import { createPlaces } from './places.js';
import { formatOf } from './registry.js';
import { createWords } from './words.js';

export interface EvidenceOptions {
  readonly redactor: Redactor;
  /** The root of the repository on this machine, which annotations start at; the directory itself when not known. */
  readonly root: string | undefined;
}

/** What one reading of one source needs. */
interface Reading {
  readonly directory: string;
  readonly before: ReadonlyMap<string, Spotted>;
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

export function createEvidence(options: EvidenceOptions): EvidenceReader {
  return {
    async expect(sources, { directory }) {
      const before = await Promise.all(sources.map((source) => spotted(source, directory)));
      const startedAt = Date.now();
      return {
        collect: ({ signal }) =>
          Promise.all(
            sources.map((source, index) =>
              collected(options, source, {
                directory,
                before: before[index] ?? new Map(),
                startedAt,
                signal,
              }),
            ),
          ),
      };
    },
  };
}

/** What is there already, by its path. What cannot be looked at now is told when it is to be read. */
async function spotted(source: EvidenceSource, directory: string): Promise<ReadonlyMap<string, Spotted>> {
  try {
    const found = await findReports(source.files, directory);
    return new Map(found.map((one) => [one.path, one]));
  } catch {
    return new Map();
  }
}

async function collected(
  options: EvidenceOptions,
  source: EvidenceSource,
  reading: Reading,
): Promise<Collected> {
  try {
    return { source, facts: await read(options, source, reading) };
  } catch (error) {
    return { source, problem: asEvidenceProblem(error) };
  }
}

async function read(
  { redactor, root }: EvidenceOptions,
  source: EvidenceSource,
  reading: Reading,
): Promise<Facts> {
  const format = formatOf(source);
  const files = await checkedReports({
    ...reading,
    patterns: source.files,
    mostBytes: format.mostBytes,
    format: format.name,
  });
  const places = createPlaces({ directory: reading.directory, root: root ?? reading.directory });
  return format.read(files, {
    places,
    words: createWords(redactor),
    signal: reading.signal,
  });
}

function asEvidenceProblem(error: unknown): EvidenceProblem {
  if (error instanceof EvidenceProblem) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new EvidenceProblem('evidence-invalid', `the evidence could not be read: ${reason}`, {
    cause: error,
  });
}
