import type { GateVerdict } from '../../gates/verdict.js';
import type { PlanChange } from '../../plan/changes.js';
import type { Plan } from '../../plan/plan.js';
import type { ReasonCode } from '../../release/reasons.js';

/** Something that the change itself can and must mend. */
export interface Mend {
  readonly reason: ReasonCode;
  /** Sentences without their full stop; the first says it, the others name the particulars. */
  readonly lines: readonly string[];
  readonly annotations: GateVerdict['annotations'];
}

/** What a change means for one service in one environment. */
export interface CheckedService {
  /** Path of the plan. */
  readonly source: string;
  readonly service: string;
  readonly environment: string;
  readonly isAffected: boolean;
  /** As the change leaves it; null when the change takes it away. */
  readonly plan: Plan | null;
  readonly isNew: boolean;
  /** It is new and has no gate, while other environments of its plan have. */
  readonly isBare: boolean;
  readonly changes: readonly PlanChange[];
  /** What the plan asks for less than before; `agreedBy` is null while nobody entitled agreed. */
  readonly loosened: readonly string[];
  readonly agreedBy: string | null;
  readonly mends: readonly Mend[];
  /** By the plan as it stands in the base. */
  readonly gates: readonly GateVerdict[];
  /** What its release waits for as well, once the change is merged: the plan of the change adds it. */
  readonly added: readonly string[];
  /** Looked at when the release starts, since only then it can be known. */
  readonly later: readonly string[];
  readonly lastPromoted: { readonly version: string; readonly sha: string } | null;
  /** Files of the change by which its release could not be taken back. */
  readonly irreversible: readonly string[];
  /** Milliseconds since 1970, by GitHub's clock. */
  readonly now: number;
}

/** What a change means for all services. */
export interface Checked {
  /** The commit that was looked at. */
  readonly head: string;
  readonly services: readonly CheckedService[];
  /** Plans that cannot be read, or judged, as the change leaves them. */
  readonly broken: readonly Mend[];
  /** What is wrong in the base and no fault of the change; sentences without their full stop. */
  readonly left: readonly string[];
}
