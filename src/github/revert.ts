import { changeTree } from './change-tree.js';
import type { Client } from './client.js';
import type { Reverter, RollbackOutcome } from './contract.js';
import { failureOf } from './errors.js';
import { insist, type Patience } from './insist.js';
import { rollbackCommands } from './manual.js';
import { pathsOf } from './merge.js';
import type { Permissions } from './permissions.js';
import { type Proposed, propose } from './proposal.js';
import { createCommit, moveBranch } from './rollback-commit.js';
import { inConflict } from './rollback-conflict.js';
import { lookAtBranch, type NoSituation, type Rollback, type Situation } from './rollback-situation.js';
import { pullRequestBody, waitsOn } from './rollback-text.js';
import { createTrees } from './trees.js';

/** How often the branch may move under us before a pull request, which need not win a race, takes the push's place. */
const PUSHES = 5;
/** How often before we give up. */
const ATTEMPTS = PUSHES + 5;

export interface ReverterOptions {
  readonly client: Client;
  /** Speaks with the rollback token: for the commit, its branch and its pull request, and nothing else. */
  readonly writer: Client;
  /** `https://github.com/owner/name` */
  readonly repositoryUrl: string;
  readonly permissions: Permissions;
  readonly patience: Patience;
}

/** Takes a released change back by one commit, made on GitHub and nowhere else. */
export function createReverter(options: ReverterOptions): Reverter {
  return {
    rollback: async (request) => {
      const rollback: Rollback = {
        ...options,
        request,
        trees: createTrees(options.client),
        repositoryId: once(() => repositoryId(options.client)),
        made: new Set(),
      };
      try {
        // Each attempt looks for what an earlier one has made, so that one with an unknown outcome may be made again.
        return await insist(
          {
            what: `make the rollback commit on "${request.branch}"`,
            attempt: () => onMovingBranch(rollback),
          },
          options.patience,
        );
      } catch (error) {
        const { kind, reason } = failureOf(error);
        if (kind !== 'forbidden')
          return refused(rollback, { why: `GitHub did not take the commit: ${reason}` });
        options.permissions.note('contents: write');
        return refused(rollback, { why: `The token may not write to the repository: ${reason}` });
      }
    },
  };
}

async function onMovingBranch(rollback: Rollback): Promise<RollbackOutcome> {
  const { request, patience } = rollback;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const outcome = await onHead(rollback, { mayPush: attempt <= PUSHES });
    if (outcome !== 'moved') return outcome;
    patience.log.info(`"${request.branch}" moved while the rollback commit was made; merging again`);
  }
  return refused(rollback, { why: `"${request.branch}" moved ${ATTEMPTS} times while the commit was made` });
}

async function onHead(
  rollback: Rollback,
  { mayPush }: { readonly mayPush: boolean },
): Promise<RollbackOutcome | 'moved'> {
  const situation = await lookAtBranch(rollback);
  if (!('merge' in situation)) return without(rollback, situation);
  const { merge, own } = situation;
  if (merge.conflicts.length > 0) return inConflict(rollback, situation);
  if (own === null && merge.changes.length === 0) {
    return { kind: 'unneeded', why: unneeded(rollback, situation) };
  }
  const tooBusy = mayPush
    ? null
    : `"${rollback.request.branch}" moved ${PUSHES} times while the commit was made`;
  const why = whyNotPushed(rollback, situation) ?? tooBusy;
  if (why === null) return byPush(rollback, situation);
  return byPullRequest(rollback, situation, { why, commit: () => commitOn(rollback, situation) });
}

function without(rollback: Rollback, found: NoSituation): RollbackOutcome {
  if ('refused' in found) return refused(rollback, { why: found.refused });
  if ('unneeded' in found) return { kind: 'unneeded', why: found.unneeded };
  const { existing: commit, files, left } = found;
  return { kind: 'done', commit, files, left, existed: !rollback.made.has(commit) };
}

/**
 * A push is safe only where going back cannot take other work, or another service's work, along; and where a pull
 * request waits already, a push beside it would be a second rollback.
 */
function whyNotPushed({ request }: Rollback, { own, released }: Situation): string | null {
  const { from, to, paths, onlyService, branch } = request;
  if (request.way === 'pull-request') return 'the plan says `rollback.commit: pull-request`';
  if (paths.length === 0 && !onlyService) {
    return (
      'the plan has no `paths`, and other services keep a ledger in this repository: taking everything back could ' +
      'take their changes along. Give `paths` in the plan'
    );
  }
  if (!released?.contains) {
    return `the last promoted commit ${to} is not an ancestor of the released commit ${from}`;
  }
  return own === null ? null : `an earlier attempt could not push to "${branch}", and left this branch`;
}

async function byPush(rollback: Rollback, situation: Situation): Promise<RollbackOutcome | 'moved'> {
  const { request, made } = rollback;
  const { head, merge } = situation;
  const commit = await commitOn(rollback, situation);
  made.add(commit);
  const repositoryId = await rollback.repositoryId();
  const moved = await moveBranch(rollback, { branch: request.branch, from: head, to: commit, repositoryId });
  if (moved === 'moved') return moved;
  if (moved !== 'done') {
    return byPullRequest(rollback, situation, { why: moved.refusal, commit: async () => commit });
  }
  return { kind: 'done', commit, files: pathsOf(merge.changes), left: merge.left, existed: false };
}

/** The rollback as a commit on top of the branch. */
async function commitOn(rollback: Rollback, { head, roots, merge, made }: Situation): Promise<string> {
  const isWhole = roots.ours === roots.base && merge.left.length === 0 && merge.outside.length === 0;
  const tree = isWhole
    ? roots.theirs
    : await changeTree(rollback, { tree: roots.ours, changes: merge.changes, made });
  return createCommit(rollback, { tree, parent: head, left: merge.left });
}

async function byPullRequest(
  rollback: Rollback,
  { own, merge }: Situation,
  { why, commit }: { readonly why: string; readonly commit: () => Promise<string> },
): Promise<RollbackOutcome | 'moved'> {
  const { request } = rollback;
  const shared = { files: pathsOf(merge.changes), left: merge.left };
  const body = pullRequestBody(request, { ...shared, why, conflicts: [] });
  const proposed = await propose(rollback, { own, commit, body });
  if (proposed === 'moved') return proposed;
  if (proposed.state !== 'open') return notOpen(rollback, { ...shared, proposed, why });
  const { branch, commit: made, url, number, refusal, existed } = proposed;
  const waiting = { branch, commit: made, waitsOn: waitsOn(request), ...shared, existed };
  return number === null
    ? { kind: 'branch', ...waiting, compareUrl: url, why: `${why}; and ${refusal}` }
    : { kind: 'pull-request', ...waiting, url, number, why };
}

function notOpen(
  rollback: Rollback,
  of: {
    readonly proposed: Exclude<Proposed, { readonly state: 'open' }>;
    readonly why: string;
    readonly files: readonly string[];
    readonly left: readonly string[];
  },
): RollbackOutcome {
  const { proposed, files, left } = of;
  if (proposed.state === 'merged')
    return { kind: 'done', commit: proposed.commit, files, left, existed: true };
  return refused(rollback, { why: `${of.why}. ${proposed.why}`, files, by: 'pull-request' });
}

function unneeded({ request }: Rollback, { merge: { left } }: Situation): string {
  const same = `"${request.branch}" holds the files of ${request.to} already`;
  return left.length === 0
    ? same
    : `${same}, except workflow files, which the token may not write: ${left.join(', ')}`;
}

function refused(
  { request, repositoryUrl }: Rollback,
  { why, files = [], by = 'push' }: { why: string; files?: readonly string[]; by?: 'push' | 'pull-request' },
): RollbackOutcome {
  return { kind: 'refused', why, files, commands: rollbackCommands(request, { url: repositoryUrl, by }) };
}

async function repositoryId({ octokit, at }: Client): Promise<string> {
  return (await octokit.request('GET /repos/{owner}/{repo}', at)).data.node_id;
}

/** What fails is asked for again. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = null;
      throw error;
    });
    return answer;
  };
}
