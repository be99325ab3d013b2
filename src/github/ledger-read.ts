import type { Client } from './client.js';
import { LedgerError, type LedgerSnapshot } from './contract.js';
import { nullWhen } from './errors.js';
import type { Patience } from './insist.js';
import { branchHead, type Objects } from './objects.js';

/** A replica of GitHub may answer with a head older than our last write; it is asked again after these waits. */
const REPLICA_WAITS_MS = [500, 1_000, 2_000];

export interface LedgerContext {
  readonly client: Client;
  readonly branch: string;
  readonly objects: Objects;
  readonly redact: (text: string) => string;
  readonly patience: Patience;
  /** Of each write, so that an abort ends it. */
  readonly request: { readonly signal?: AbortSignal };
}

/** What this store read or wrote last; `current` is undefined when it wrote without knowing that file. */
export interface Seen {
  readonly head: string | null;
  readonly current: string | null | undefined;
}

/** The branch as it is now. */
export async function readLedger(context: LedgerContext, last: Seen | null): Promise<LedgerSnapshot> {
  const head = await trustedHead(context, last?.head ?? null);
  if (head === null) return { head, current: null };
  if (head === last?.head && last.current !== undefined) return { head, current: last.current };
  return { head, current: await fileText(context, { head, path: 'current.json' }) };
}

/** The head, once it is known to descend from the one that this store saw last. */
async function trustedHead(context: LedgerContext, last: string | null): Promise<string | null> {
  for (const wait of [...REPLICA_WAITS_MS, null]) {
    const head = await headOf(context);
    if (
      last === null ||
      head === last ||
      (head !== null && (await descends(context, { head, from: last })))
    ) {
      return head;
    }
    if (wait === null) throw rewritten(context, { head, last });
    await context.patience.clock.sleep(wait, context.patience.signal);
  }
  return null;
}

export function headOf({ client, branch }: LedgerContext): Promise<string | null> {
  return branchHead(client, branch);
}

async function descends(
  context: LedgerContext,
  { head, from }: { head: string; from: string },
): Promise<boolean> {
  const { octokit, at } = context.client;
  const { parents } = await context.objects.commit(head);
  if (parents.includes(from)) return true;
  // Two commits without a common ancestor cannot be compared: not found.
  const comparison = await nullWhen(['not-found'], () =>
    octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
      ...at,
      basehead: `${from}...${head}`,
      per_page: 1,
    }),
  );
  return comparison?.data.status === 'ahead' || comparison?.data.status === 'identical';
}

/** The text of a regular file at a commit, null when there is none. */
export async function fileText(
  context: LedgerContext,
  file: { head: string; path: string },
): Promise<string | null> {
  let sha = file.head;
  const names = file.path.split('/');
  for (const [depth, name] of names.entries()) {
    const entry = (await context.objects.tree(sha)).find((candidate) => candidate.name === name);
    const wanted = depth < names.length - 1 ? '040000' : '100644';
    if (entry === undefined || entry.mode !== wanted) return null;
    sha = entry.sha;
  }
  return context.objects.text(sha);
}

export function isObjectId(sha: string | undefined | null): sha is string {
  return /^[0-9a-f]{40}$/.test(sha ?? '');
}

function rewritten({ branch }: LedgerContext, heads: { head: string | null; last: string }): LedgerError {
  const found =
    heads.head === null ? 'the branch is gone' : `its head is now ${heads.head}, which does not contain it`;
  return new LedgerError(
    'invalid',
    `The ledger "${branch}" was rewritten: this run saw it at ${heads.last}, but ${found}. ` +
      'Nothing more is done on a record that cannot be trusted. Find out who moved the branch, put it back to ' +
      `${heads.last}, and protect it against force pushes and deletion`,
  );
}
