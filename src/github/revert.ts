import picomatch from 'picomatch';
import { type HistoryCommit, historySince } from './branch-history.js';
import { changeTree } from './change-tree.js';
import type { Client } from './client.js';
import type { CommitInfo, Reverter, RollbackOutcome, RollbackRequest } from './contract.js';
import { listDifferences } from './differences.js';
import { failureOf } from './errors.js';
import { insist, type Patience } from './insist.js';
import { rollbackCommands } from './manual.js';
import { type Merge, mergeListings, type Scope } from './merge.js';
import { branchHead, createObjects, type Objects } from './objects.js';
import type { Permissions } from './permissions.js';
import { createCommit, moveBranch } from './rollback-commit.js';

/** How often the branch may move under us before we give up. */
const ATTEMPTS = 5;
const WORKFLOWS = '.github/workflows/';

export interface ReverterOptions {
  /** Speaks with the rollback token. */
  readonly client: Client;
  /** `https://github.com/owner/name` */
  readonly repositoryUrl: string;
  readonly permissions: Permissions;
  readonly patience: Patience;
}

/** Takes a released change back by one commit on top of the branch, made on GitHub and nowhere else. */
export function createReverter(options: ReverterOptions): Reverter {
  return {
    rollback: async (request) => {
      const context = {
        ...options,
        request,
        objects: createObjects(options.client),
        made: new Set<string>(),
      };
      try {
        // Each attempt looks for the commit first, so that one with an unknown outcome may simply be made again.
        return await insist(
          { what: `make the rollback commit on "${request.branch}"`, attempt: () => onMovingBranch(context) },
          options.patience,
        );
      } catch (error) {
        const { kind, reason } = failureOf(error);
        if (kind !== 'forbidden')
          return refused(context, { why: `GitHub did not take the commit: ${reason}` });
        options.permissions.note('contents: write');
        return refused(context, { why: `The token may not write to the repository: ${reason}` });
      }
    },
  };
}

interface Context extends ReverterOptions {
  readonly request: RollbackRequest;
  readonly objects: Objects;
  /** Commits of this very call, to tell them from those of an earlier one. */
  readonly made: Set<string>;
}

async function onMovingBranch(context: Context): Promise<RollbackOutcome> {
  const { request, patience } = context;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const outcome = await onHead(context);
    if (outcome !== 'moved') return outcome;
    patience.log.info(`"${request.branch}" moved while the rollback commit was made; merging again`);
  }
  return refused(context, { why: `"${request.branch}" moved ${ATTEMPTS} times while the commit was made` });
}

async function onHead(context: Context): Promise<RollbackOutcome | 'moved'> {
  const { client, request } = context;
  const head = await branchHead(client, request.branch);
  if (head === null) return refused(context, { why: `There is no branch "${request.branch}"` });
  const history = await historySince(client, { from: request.from, head });
  if (history === null) {
    const why = `"${request.branch}" does not contain the released commit ${request.from}: nothing to take back there`;
    return refused(context, { why });
  }
  const earlier = history.find(({ message }) => isRollbackOf(message, request.release));
  if (earlier !== undefined) return existing(context, earlier);
  if (request.from === request.to) {
    return { kind: 'unneeded', why: `The released commit ${request.from} is the one to go back to` };
  }
  const doubt = await whyNotDirect(context);
  return doubt === null ? commitOn(context, head) : refused(context, { why: doubt, by: 'pull-request' });
}

/** A direct push is safe only where going back cannot take other work, or another service's work, along. */
async function whyNotDirect({ client, request }: Context): Promise<string | null> {
  const { from, to, paths, onlyService } = request;
  if (paths.length === 0 && !onlyService) {
    return (
      'The plan has no `paths`, and other services keep a ledger in this repository: taking everything back could ' +
      'take their changes along. Give `paths` in the plan'
    );
  }
  if ((await historySince(client, { from: to, head: from })) !== null) return null;
  return `The last promoted commit ${to} is not an ancestor of the released commit ${from}`;
}

async function commitOn(context: Context, head: string): Promise<RollbackOutcome | 'moved'> {
  const { objects, request } = context;
  const [base, ours, theirs] = await Promise.all([request.from, head, request.to].map(objects.commit));
  if (base === undefined || ours === undefined || theirs === undefined) return 'moved';
  const merge = await decide(context, { base, ours, theirs });
  if (merge.conflicts.length > 0) {
    const why = `These files were changed on "${request.branch}" after the release, or cannot go back without a choice`;
    return refused(context, { why, files: merge.conflicts, by: 'pull-request' });
  }
  if (merge.changes.length === 0) return { kind: 'unneeded', why: unneeded(context, merge) };
  const isWhole = ours.tree === base.tree && merge.left.length === 0 && merge.outside.length === 0;
  const tree = isWhole ? theirs.tree : await changeTree(context, { tree: ours.tree, changes: merge.changes });
  const commit = await createCommit(context, { tree, parent: head });
  context.made.add(commit);
  const files = merge.changes.map(({ path }) => path);
  const outcome = await moveBranch(context, { head, commit });
  if (outcome === 'moved') return outcome;
  if (outcome === 'done') return { kind: 'done', commit, files, left: merge.left, existed: false };
  return refused(context, { why: outcome.refusal, files, by: 'pull-request' });
}

async function decide(
  { objects, request }: Context,
  commits: { base: CommitInfo; ours: CommitInfo; theirs: CommitInfo },
): Promise<Merge> {
  const { base, ours, theirs } = commits;
  const roots = { base: base.tree, ours: ours.tree, theirs: theirs.tree };
  const sides = await listDifferences(roots, objects.tree);
  return mergeListings({ ...sides, scope: scopeOf(request.paths) });
}

function scopeOf(paths: readonly string[]): (path: string) => Scope {
  const belongs = paths.length === 0 ? () => true : picomatch([...paths], { dot: true });
  return (path) => {
    if (!belongs(path)) return 'outside';
    return path.startsWith(WORKFLOWS) ? 'kept' : 'free';
  };
}

/** What an attempt before this one has made; what it held is decided again from the same three commits. */
async function existing(context: Context, found: HistoryCommit): Promise<RollbackOutcome> {
  const { objects, request, made } = context;
  const [base, ours, theirs] = await Promise.all(
    [request.from, found.parents[0] ?? request.from, request.to].map(objects.commit),
  );
  const merge = base && ours && theirs ? await decide(context, { base, ours, theirs }) : null;
  return {
    kind: 'done',
    commit: found.sha,
    files: merge?.changes.map(({ path }) => path) ?? [],
    left: merge?.left ?? [],
    existed: !made.has(found.sha),
  };
}

function isRollbackOf(message: string, release: string): boolean {
  return message.split('\n').some((line) => line.trim() === `Gated-Release: ${release}`);
}

function unneeded({ request }: Context, { left }: Merge): string {
  const same = `"${request.branch}" holds the files of ${request.to} already`;
  return left.length === 0
    ? same
    : `${same}, except workflow files, which the token may not write: ${left.join(', ')}`;
}

function refused(
  { request, repositoryUrl }: Context,
  { why, files = [], by = 'push' }: { why: string; files?: readonly string[]; by?: 'push' | 'pull-request' },
): RollbackOutcome {
  return { kind: 'refused', why, files, commands: rollbackCommands(request, { url: repositoryUrl, by }) };
}
