import type { Gap } from './coverage.js';

/** Why a batch does not count, or null: an arm is missing that is needed, or what came cannot be true. */
export function gapOf<Sample>(
  batch: {
    readonly canary: Sample | null;
    readonly baseline: Sample | null;
    readonly problem?: string | null;
  },
  rule: { readonly needsBaseline: boolean; readonly whatIsWrong: (sample: Sample) => string | null },
): Gap | null {
  for (const arm of ['canary', 'baseline'] as const) {
    if (arm === 'baseline' && !rule.needsBaseline) continue;
    const sample = batch[arm];
    if (sample === null) return { arm, reason: batch.problem ?? `nothing came of the ${arm}` };
    const wrong = rule.whatIsWrong(sample);
    if (wrong !== null) return { arm, reason: `the ${arm}: ${wrong}` };
  }
  return null;
}
