import type { BackupResult, SourceEvidence } from './contract.js';
import type { BackupProblem } from './problem.js';
import { formatBytes } from './progress.js';

/** Turns what was found into the verdict of the gate. `problems` are in the order of `sources`. */
export function conclude(
  sources: readonly SourceEvidence[],
  {
    problems,
    caveat,
  }: { readonly problems: readonly (BackupProblem | null)[]; readonly caveat: string | null },
): BackupResult {
  const codes = new Set(problems.flatMap((problem) => (problem === null ? [] : [problem.code])));
  const summary = [headline(sources), ...(caveat === null ? [] : [caveat])].join(' ');
  if (codes.size === 0 && sources.length > 0) return { verdict: 'passed', reason: null, summary, sources };
  if (codes.has('not-identical'))
    return { verdict: 'failed', reason: 'backup-not-identical', summary, sources };
  if (codes.has('failed') || sources.length === 0)
    return { verdict: 'failed', reason: 'backup-failed', summary, sources };
  if (codes.has('store-unusable'))
    return { verdict: 'errored', reason: 'backup-store-unusable', summary, sources };
  return { verdict: 'errored', reason: 'backup-failed', summary, sources };
}

function headline(sources: readonly SourceEvidence[]): string {
  if (sources.length === 0) return 'The plan names no source to back up.';
  const bad = sources.filter(({ problem }) => problem !== null);
  const size = formatBytes(sources.reduce((sum, { bytes }) => sum + bytes, 0));
  if (bad.length === 0) {
    return `${count(sources.length)} backed up (${size}), read back, restored into scratch space and found identical.`;
  }
  const reasons = new Map<string, string[]>();
  for (const { name, problem } of bad)
    reasons.set(problem ?? '', [...(reasons.get(problem ?? '') ?? []), name]);
  const told = [...reasons].map(([problem, names]) => `${names.join(', ')}: ${problem}.`);
  return `${bad.length} of ${count(sources.length)} not proved. ${told.join(' ')}`;
}

function count(sources: number): string {
  return sources === 1 ? '1 source' : `${sources} sources`;
}
