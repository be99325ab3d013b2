import type { Plan } from '../plan/plan.js';

/** What is asked for: the start of a release before anything is recorded. */
export interface ReleaseRequest {
  readonly plan: Plan;
  readonly digest: string;
  readonly release: string;
  readonly version: string;
  readonly sha: string;
  readonly branch: string | null;
  readonly commitMessage: string;
  readonly actor: string;
  readonly trigger: string;
  readonly reason: string | null;
  readonly overrides: readonly string[];
}
