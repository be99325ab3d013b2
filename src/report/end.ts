import type { MetricVerdict, Verdict } from '../judge/verdict.js';
import type { Contact } from '../plan/plan.js';
import type { Decision } from '../release/decisions.js';
import type { ReasonCode } from '../release/reasons.js';
import type { ReleaseState } from '../release/state.js';

/** Where people read more. All are `https://` addresses; null where there is none. */
export interface Links {
  readonly run: string;
  readonly ledger: string | null;
  readonly report: string | null;
  /** `https://github.com/owner/name` */
  readonly repository: string;
}

/** One step of a past release under the plan as it is now. */
export interface ReplayedJudgement {
  readonly stage: 'canary' | 'promote';
  readonly weight: number | null;
  readonly verdict: Verdict;
  /** The judge's own sentence. */
  readonly reason: string;
  readonly combined: { readonly logE: number | null; readonly logLimit: number | null };
  readonly metrics: readonly MetricVerdict[];
  /** Milliseconds from the step's beginning to the verdict, and to the first moment when all had passed. */
  readonly after_ms: number;
  readonly passed_after_ms: number | null;
}

/** All that is told about a release when a step ends, whatever the channel. */
export interface ReleaseEnd {
  readonly decision: Decision;
  readonly reason: ReasonCode;
  /** One sentence with the particulars. */
  readonly summary: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string | null;
  readonly sha: string | null;
  /** null when it ended before anything was recorded. */
  readonly state: ReleaseState | null;
  readonly links: Links;
  /** Permissions that were found missing, and what was left out for it. */
  readonly permissions: readonly { readonly permission: string; readonly effect: string }[];
  readonly contacts: readonly Contact[];
  readonly dryRun: boolean;
  readonly notes: readonly string[];
  /** What the plan would have said of a past release; only after a replay. */
  readonly replay?: readonly ReplayedJudgement[];
}
