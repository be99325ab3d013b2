import type { Proof } from '../plan/plan.js';
import type { BackupReason, BackupResult, SourceEvidence } from './contract.js';
import type { BackupProblem, BackupProblemCode } from './problem.js';
import { formatBytes } from './progress.js';

type Verdict = Pick<BackupResult, 'verdict' | 'reason'>;

/** What a problem means for the gate, the gravest first: where sources fail in several ways, the first one counts. */
const VERDICTS: readonly (readonly [BackupProblemCode, 'failed' | 'errored', BackupReason])[] = [
  ['not-identical', 'failed', 'backup-not-identical'],
  ['damaged', 'failed', 'backup-damaged'],
  ['failed', 'failed', 'backup-failed'],
  ['not-usable', 'failed', 'backup-not-usable'],
  ['tool-missing', 'errored', 'backup-tool-missing'],
  ['store-unusable', 'errored', 'backup-store-unusable'],
  ['cancelled', 'errored', 'backup-failed'],
];

/** Turns what was found into the verdict of the gate. `problems` are in the order of `sources`. */
export function conclude(
  sources: readonly SourceEvidence[],
  found: {
    readonly prove: Proof;
    readonly problems: readonly (BackupProblem | null)[];
    readonly caveat: string | null;
    readonly notes: readonly string[];
    readonly showsParts: boolean;
  },
): BackupResult {
  const { notes, showsParts } = found;
  const summary = [headline(sources, found.prove), ...(found.caveat === null ? [] : [found.caveat])].join(
    ' ',
  );
  return { ...verdictOf(sources, found.problems), summary, notes, sources, showsParts };
}

function verdictOf(sources: readonly SourceEvidence[], problems: readonly (BackupProblem | null)[]): Verdict {
  const gravest = VERDICTS.find(([code]) => problems.some((problem) => problem?.code === code));
  if (gravest !== undefined) return { verdict: gravest[1], reason: gravest[2] };
  if (sources.length === 0) return { verdict: 'failed', reason: 'backup-failed' };
  return { verdict: 'passed', reason: null };
}

function headline(sources: readonly SourceEvidence[], prove: Proof): string {
  if (sources.length === 0) return 'The plan names no source to back up.';
  const bad = sources.filter(({ problem }) => problem !== null);
  const size = formatBytes(sources.reduce((sum, { bytes }) => sum + bytes, 0));
  if (bad.length === 0) return `${count(sources.length)} backed up (${size}), ${PROVED[prove]}.`;
  const reasons = new Map<string, string[]>();
  for (const { name, problem } of bad)
    reasons.set(problem ?? '', [...(reasons.get(problem ?? '') ?? []), name]);
  const told = [...reasons].map(([problem, names]) => `${names.join(', ')}: ${problem}.`);
  return `${bad.length} of ${count(sources.length)} not proved. ${told.join(' ')}`;
}

const PROVED: Readonly<Record<Proof, string>> = {
  taken: 'and not read back: whether it can be restored is not known',
  stored: 'and read back; whether it can be restored is not known',
  restorable: 'read back and restored into scratch space; whether the copy is identical is not known',
  identical: 'read back, restored into scratch space and found identical',
  usable: 'read back, restored into scratch space, found identical and tried out',
};

function count(sources: number): string {
  return sources === 1 ? '1 source' : `${sources} sources`;
}
