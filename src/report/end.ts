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
}
