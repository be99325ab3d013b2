import type { Plan } from '../plan/plan.js';
import type { StageName } from '../release/events.js';
import type { ReleaseContext } from './context.js';

/** What a stage that passed has to say. A stage that does not pass throws a `ReleaseProblem`. */
export interface StagePassed {
  readonly summary: string;
  /** Markdown lines. */
  readonly evidence: readonly string[];
  /** There turned out to be nothing to do, as `summary` says. */
  readonly skipped?: boolean;
}

export interface Stage {
  readonly name: StageName;
  /** Why there is nothing to do, or null when the plan configures this stage. */
  skip(plan: Plan): string | null;
  run(context: ReleaseContext): Promise<StagePassed>;
}
