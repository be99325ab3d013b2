import type { Current } from './current.js';
import type { ReleaseState } from './state.js';

export type Quarantined = Current['quarantine'][number];

/** How many bad changes are kept in mind; older ones are contained in history long since. */
const MOST = 20;

/** What is known of a quarantined change with respect to the commit to release. */
export interface Containment {
  readonly release: string;
  /** The commit contains the bad change. */
  readonly bad: boolean;
  /** The commit contains the rollback of it, or a commit that says `Fixes-Release: <id>`. */
  readonly mended: boolean;
  /** Commits that came after the bad one, short, oldest first: they wait with it. */
  readonly waiting?: readonly string[];
}

/** The changes that keep a commit from being released. */
export function held(
  quarantine: readonly Quarantined[],
  known: readonly Containment[],
): readonly Quarantined[] {
  return quarantine.filter((one) => {
    const found = known.find((each) => each.release === one.release);
    // What could not be found out is taken for bad: a gate that does not know does not open.
    return !found || (found.bad && !found.mended);
  });
}

/** The quarantine after a release: one that went back enters, one that was promoted frees what it contained. */
export function quarantineAfter(before: readonly Quarantined[], state: ReleaseState): readonly Quarantined[] {
  const freed = state.ended?.decision === 'promoted' ? state.started.mends : [];
  const kept = before.filter((one) => !freed.includes(one.release));
  const entry = entryOf(state);
  return (entry ? [...kept, entry] : kept).slice(-MOST);
}

/** A release that only made room for a newer one, or that touched nothing, says nothing about its change. */
function entryOf(state: ReleaseState): Quarantined | null {
  const { started, ended, failing } = state;
  if (!ended || !failing || failing.reason === 'superseded') return null;
  if (!['rolled-back', 'rollback-failed', 'rollback-pending', 'halted'].includes(ended.decision)) return null;
  // The branch held the old content already: whoever put it there mended it.
  const commit = state.effects['rollback-commit'];
  if (commit.ok && state.rollbackCommit?.result === 'none') return null;
  const rollback = state.rollbackCommit?.commit ?? null;
  return { release: started.release, version: started.version, sha: started.sha, rollback };
}
