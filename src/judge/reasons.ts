import type { Lack } from './lack.js';

/** Why a decision is what it is, before it is put into words. */
export type Finding =
  | { readonly decision: 'fail'; readonly by: readonly string[]; readonly because: 'limit' | 'evidence' }
  | { readonly decision: 'pass'; readonly by: readonly string[]; readonly because: 'shown' }
  | {
      readonly decision: 'continue' | 'inconclusive';
      readonly by: readonly string[];
      readonly because: 'baking' | 'nothing-decides';
    }
  | {
      readonly decision: 'continue' | 'inconclusive';
      readonly by: readonly string[];
      readonly because: 'lacking';
      /** One for each of `by`. */
      readonly lacks: readonly Lack[];
    };

/** What a metric lacks to pass; after its name. */
const LACKS = {
  broken: 'broke its limit',
  missing: 'was missing for more than half of the time',
  'no-samples': 'had no samples of the canary',
  'few-samples': 'had too few samples of the canary',
  suspicion: 'is under suspicion of being worse',
  'not-shown': 'is not yet shown to be within its margin',
  'above-limit': 'is above its limit, though not surely',
  'limit-between-edges': 'cannot be shown to keep its limit, at which its buckets have no edge',
  'limit-not-shown': 'is not yet shown to be within its limit',
} as const satisfies Readonly<Record<Lack, string>>;

/** One sentence for people. */
export function sentenceOf(finding: Finding): string {
  const names = listOf(finding.by);
  switch (finding.because) {
    case 'limit':
      return `${names} broke the limit, judged without the baseline.`;
    case 'evidence':
      return `The canary is worse than the baseline by more than the margin: ${names}.`;
    case 'shown':
      return `Shown to be good enough: ${names}.`;
    case 'baking':
      return 'All metrics pass, but the canary has not run for long enough.';
    case 'nothing-decides':
      return 'No metric decides: all of them are advisory, or there are none.';
    case 'lacking':
      return `${finding.by.map((name, i) => `${name} ${LACKS[finding.lacks[i] ?? 'not-shown']}`).join('; ')}.`;
  }
}

/** What one metric lacks, as a sentence's predicate; null when it passes. */
export function describeLack(lack: Lack | null): string | null {
  return lack === null ? null : LACKS[lack];
}

function listOf(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
