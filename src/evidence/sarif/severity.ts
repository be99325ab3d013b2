import type { Tree } from '../../plan/path.js';
import type { Severity } from '../../plan/plan.js';
import { listAt, textAt, treeAt } from './read.js';

/** What code scanning of GitHub makes of a tool that knows levels alone. */
const OF_LEVEL: Readonly<Record<string, Severity>> = {
  error: 'high',
  warning: 'medium',
  note: 'low',
  none: 'none',
};
const WORDS: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'none'];
/** The bounds of CVSS, as GitHub uses them for `security-severity`. */
const BOUNDS: readonly (readonly [number, Severity])[] = [
  [9, 'critical'],
  [7, 'high'],
  [4, 'medium'],
  [0, 'low'],
];
/** Kinds that say that there is nothing to mend. What a tool leaves open or to a review has not passed. */
const FINE = new Set(['pass', 'notApplicable', 'informational']);

/** How bad a result is; `null` when it is no finding; `unknown` when what is written means nothing. */
export function severityOf(
  result: Tree,
  rule: Tree,
): { readonly severity: Severity | null } | { readonly unknown: string } {
  const kind = textAt(result, 'kind') || 'fail';
  if (FINE.has(kind) || result.baselineState === 'absent') return { severity: null };
  const security =
    treeAt(result, 'properties')['security-severity'] ?? treeAt(rule, 'properties')['security-severity'];
  if (security !== undefined && security !== null) return ofSecurity(security);
  const level = String(result.level ?? treeAt(rule, 'defaultConfiguration').level ?? 'warning');
  const severity = Object.hasOwn(OF_LEVEL, level) ? OF_LEVEL[level] : undefined;
  return severity === undefined ? { unknown: level } : { severity };
}

/** A score from 0 to 10 as text or number; some tools write the word itself. */
function ofSecurity(written: unknown): { readonly severity: Severity } | { readonly unknown: string } {
  const text = String(written).trim();
  const word = WORDS.find((one) => one === text.toLowerCase());
  if (word !== undefined) return { severity: word };
  const score = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (score === 0) return { severity: 'none' };
  const found = score <= 10 ? BOUNDS.find(([least]) => score >= least) : undefined;
  return found === undefined ? { unknown: text } : { severity: found[1] };
}

/** Suppressed in the code or by a person, and none of it is still under review or was rejected. */
export function isSuppressed(result: Tree): boolean {
  const suppressions = listAt(result, 'suppressions');
  return (
    suppressions.length > 0 &&
    suppressions.every(
      ({ kind, status }) =>
        (kind === 'inSource' || kind === 'external') && (status ?? 'accepted') === 'accepted',
    )
  );
}
