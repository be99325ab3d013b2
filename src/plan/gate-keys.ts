/** What the plan says of gates for people and for the surroundings of a release. Names are as in `plan.ts`. */

/** Who may override gates: `@person` or `@organisation/team`. */
export interface Overrides {
  readonly from: readonly string[];
}

/** The commit must have been promoted there before. */
export interface PromotedIn {
  readonly environment: string;
  /** How long ago at most; null when that does not matter. */
  readonly withinMs: number | null;
}

/** What must be there before anything begins. All lists may be empty. */
export interface Requires {
  readonly tools: readonly ToolNeed[];
  /** Names of variables that must be set and not empty. */
  readonly env: readonly string[];
  /** Free bytes where the scripts run; null when that does not matter. */
  readonly diskBytes: number | null;
  /** Names of checks or statuses that must be green on the commit. */
  readonly checks: readonly string[];
  /** Scopes of the token that must be `write`, in GitHub's words. */
  readonly permissions: readonly TokenScope[];
}

export interface ToolNeed {
  readonly name: string;
  /** null: any version will do. */
  readonly version: { readonly is: VersionRelation; readonly than: string } | null;
}

export const VERSION_RELATIONS = ['>=', '>', '<=', '<', '='] as const;
export type VersionRelation = (typeof VERSION_RELATIONS)[number];

export const TOKEN_SCOPES = [
  'contents',
  'checks',
  'statuses',
  'deployments',
  'issues',
  'pull-requests',
] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** When a release may begin, raise traffic and promote. */
export interface Window {
  /** An IANA name, as written. */
  readonly timezone: string;
  /** null: always, but for the freezes. */
  readonly open: readonly WeekRange[] | null;
  readonly freeze: readonly Freeze[];
}

/** A range of each week, by the clock on the wall: from `from` up to, and without, `to`. */
export interface WeekRange {
  /** As written. */
  readonly text: string;
  /** The days on which it begins, 1 (Monday) to 7. */
  readonly days: readonly number[];
  /** Minutes since midnight. At or before `from`, `to` is of the next day. */
  readonly from: number;
  readonly to: number;
}

/** A time without releases, by the clock on the wall: milliseconds since 1970 as if that clock showed UTC. */
export interface Freeze {
  readonly from: number;
  /** The first moment after it. */
  readonly to: number;
  readonly reason: string;
}

export interface Approval {
  readonly role: string;
  /** `@person` or `@organisation/team`. */
  readonly from: readonly string[];
  /** How many of them. */
  readonly count: number;
  /** Whether the author of the change counts. */
  readonly self: boolean;
}

/** A change under `when` comes with a change under each of `require`. */
export interface DocumentRule {
  readonly when: readonly string[];
  readonly require: readonly string[];
  readonly reason: string;
}
