import { changeTree } from './change-tree.js';
import { conflictSides } from './conflict-sides.js';
import type { RollbackOutcome } from './contract.js';
import { proposalCommands, rollbackCommands } from './manual.js';
import { pathsOf } from './merge.js';
import { propose } from './proposal.js';
import { createCommit } from './rollback-commit.js';
import { mergeTrees } from './rollback-merge.js';
import type { Rollback, Situation } from './rollback-situation.js';
import { pullRequestBody } from './rollback-text.js';

/**
 * Where a person has to choose, the release is taken back on top of itself, on a branch of its own: merging that into
 * the branch is the three-way merge, and GitHub shows what stands against what.
 */
export async function inConflict(
  rollback: Rollback,
  situation: Situation,
): Promise<RollbackOutcome | 'moved'> {
  const { client, request, repositoryUrl } = rollback;
  const { own, merge, head, later, released } = situation;
  const why = `these files were changed on "${request.branch}" after the release, and cannot go back without a choice`;
  const { conflicts, left } = merge;
  const clean = pathsOf(merge.changes);
  const body = pullRequestBody(request, { why, files: clean, left, conflicts });
  const proposed = await propose(rollback, { own, body, commit: () => commitOnRelease(rollback, situation) });
  if (proposed === 'moved') return proposed;
  if (proposed.state === 'merged') {
    return {
      kind: 'done',
      commit: proposed.commit,
      files: [...clean, ...pathsOf(conflicts)],
      left,
      existed: true,
    };
  }
  const files = pathsOf(conflicts);
  const shared = { kind: 'conflict', files, clean, left } as const;
  const sides = await conflictSides(client, { conflicts, head, released, later });
  if (proposed.state === 'refused') {
    const commands = rollbackCommands(request, { url: repositoryUrl, by: 'pull-request' });
    return { ...shared, why: `${why}. ${proposed.why}`, conflicts: sides, proposal: null, commands };
  }
  const { branch, url, number, refusal } = proposed;
  return {
    ...shared,
    why: number === null ? `${why}; and ${refusal}` : why,
    conflicts: sides,
    proposal: { branch, url, number },
    commands: proposalCommands(request, files),
  };
}

async function commitOnRelease(rollback: Rollback, { roots }: Situation): Promise<string> {
  const { request } = rollback;
  const sides = { base: roots.base, ours: roots.base, theirs: roots.theirs };
  const { merge, made } = await mergeTrees(rollback, { roots: sides, paths: request.paths });
  const tree = await changeTree(rollback, { tree: roots.base, changes: merge.changes, made });
  return createCommit(rollback, { tree, parent: request.from, left: merge.left });
}
