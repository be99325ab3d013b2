import type { Plan } from './plan.js';

/** The keys that say who and what must agree to a release, as the plan names them. */
export const GATE_KEYS = [
  'promotedIn',
  'requires',
  'window',
  'approvals',
  'blockers',
  'documents',
  'verify',
  'verification',
  'backup',
  'overrides',
] as const satisfies readonly (keyof Plan)[];

/** A plan under the gates of another: what it does stays its own, what must be fulfilled before is the other's. */
export function gatedBy(plan: Plan, gates: Plan): Plan {
  const keys = Object.fromEntries(GATE_KEYS.map((key) => [key, gates[key]]));
  return { ...plan, ...keys };
}
