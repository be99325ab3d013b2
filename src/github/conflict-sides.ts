import { type History, subjectOf } from './branch-history.js';
import type { Client } from './client.js';
import type { CommitLine, RollbackConflict } from './contract.js';
import { nullWhen } from './errors.js';
import type { Conflict } from './merge.js';
import { sideBySide } from './side-by-side.js';

/** Files whose commits are looked up; the others are named without. */
const LOOKED_UP = 20;
const NAMED = 5;
/** Commits of one file that are read, newest first. */
const READ = 50;

/** Says of each file in conflict which commits of the release changed it, and which after it. */
export async function conflictSides(
  client: Client,
  of: {
    readonly conflicts: readonly Conflict[];
    readonly head: string;
    /** From the last promoted commit to the released one; null where that is not known. */
    readonly released: History | null;
    /** From the released commit to the head. */
    readonly later: History;
  },
): Promise<readonly RollbackConflict[]> {
  const known = {
    released: new Set(of.released?.commits.map(({ sha }) => sha)),
    later: new Set(of.later.commits.map(({ sha }) => sha)),
  };
  const sides = await sideBySide(of.conflicts.slice(0, LOOKED_UP), {
    limit: LOOKED_UP,
    work: async ({ path }) => {
      const touching = await commitsOf(client, { path, head: of.head });
      const within = (side: Set<string>) => touching.filter(({ sha }) => side.has(sha)).slice(0, NAMED);
      return { released: within(known.released), later: within(known.later) };
    },
  });
  return of.conflicts.map((conflict, index) => ({
    ...conflict,
    ...(sides[index] ?? { released: [], later: [] }),
  }));
}

async function commitsOf(
  { octokit, at }: Client,
  { path, head }: { readonly path: string; readonly head: string },
): Promise<readonly CommitLine[]> {
  const query = { ...at, sha: head, path, per_page: READ };
  // Who changed it helps a person to choose; a rollback does not fail for want of it.
  const answer = await nullWhen(['not-found', 'refused', 'forbidden'], () =>
    octokit.request('GET /repos/{owner}/{repo}/commits', query),
  );
  return (answer?.data ?? []).map(({ sha, commit }) => ({ sha, subject: subjectOf(commit.message) }));
}
