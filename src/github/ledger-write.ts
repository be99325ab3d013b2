import { randomUUID } from 'node:crypto';
import { GithubError, type LedgerChange } from './contract.js';
import { insist } from './insist.js';
import { headOf, isObjectId, type LedgerContext } from './ledger-read.js';
import { isRecord } from './outgoing.js';
import { oneLine } from './text.js';

const SKIP_CI = ' [skip ci]';
const HEADLINE_LENGTH = 200;
/** How far back our own write is looked for among writes that came after it. */
const LOOK_BACK = 20;

const COMMIT = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}`;

/** Makes the commit, on a head that is expected or as the first of the branch, and returns its id. */
export async function writeLedger(context: LedgerContext, change: LedgerChange): Promise<string> {
  // Redacted before it is cut: half a secret would not be recognised any more.
  const headline = oneLine(context.redact(change.message), HEADLINE_LENGTH - SKIP_CI.length) + SKIP_CI;
  // Tells our own write from another with the same words, when its answer was lost.
  const mark = `Written-As: ${randomUUID()}`;
  const message = { headline, body: mark };
  const first = change.expectedHead === null ? await orphan(context, { change, message }) : null;
  return insist(
    {
      what: `write the ledger "${context.branch}"`,
      attempt: () => (first === null ? append(context, { change, message }) : createBranch(context, first)),
      readBack: () => findWrite(context, { mark, expectedHead: change.expectedHead }),
    },
    context.patience,
  );
}

interface Message {
  readonly headline: string;
  readonly body: string;
}

async function append(
  context: LedgerContext,
  write: { change: LedgerChange; message: Message },
): Promise<string> {
  const { client, branch, request } = context;
  const { change, message } = write;
  const answer: { createCommitOnBranch?: { commit?: { oid?: string } } } = await client.octokit.graphql(
    COMMIT,
    {
      input: {
        branch: { repositoryNameWithOwner: `${client.at.owner}/${client.at.repo}`, branchName: branch },
        expectedHeadOid: change.expectedHead,
        message,
        fileChanges: { additions: additions(context, change) },
      },
      request,
    },
  );
  return writtenId(answer.createCommitOnBranch?.commit?.oid);
}

function additions({ redact }: LedgerContext, { files }: LedgerChange): { path: string; contents: string }[] {
  return Object.entries(files).map(([path, content]) => ({
    path,
    contents: Buffer.from(isRecord(path) ? content : redact(content)).toString('base64'),
  }));
}

/** A commit without parents that holds the files; nothing points to it yet, so that it may be made twice. */
async function orphan(
  context: LedgerContext,
  write: { change: LedgerChange; message: Message },
): Promise<string> {
  const { client, patience, request } = context;
  const { octokit, at } = client;
  return insist(
    {
      what: `make the first commit of the ledger "${context.branch}"`,
      attempt: async () => {
        const tree = Object.entries(write.change.files).map(([path, content]) => ({
          path,
          mode: '100644' as const,
          type: 'blob' as const,
          content,
        }));
        const made = await octokit.request('POST /repos/{owner}/{repo}/git/trees', { ...at, tree, request });
        const message = `${write.message.headline}\n\n${write.message.body}`;
        const { data } = await octokit.request('POST /repos/{owner}/{repo}/git/commits', {
          ...at,
          message,
          tree: writtenId(made.data.sha),
          parents: [],
          request,
        });
        return writtenId(data.sha);
      },
    },
    patience,
  );
}

async function createBranch({ client, branch, request }: LedgerContext, sha: string): Promise<string> {
  const ref = `refs/heads/${branch}`;
  const { data } = await client.octokit.request('POST /repos/{owner}/{repo}/git/refs', {
    ...client.at,
    ref,
    sha,
    request,
  });
  return writtenId(data.object.sha);
}

/** The commit of this very write, if it is on the branch; others may have written after it. */
async function findWrite(
  context: LedgerContext,
  write: { mark: string; expectedHead: string | null },
): Promise<string | undefined> {
  let sha = await headOf(context);
  for (let depth = 0; depth < LOOK_BACK && sha !== null && sha !== write.expectedHead; depth++) {
    const { message, parents } = await context.objects.commit(sha);
    if (message.includes(write.mark)) return sha;
    sha = parents[0] ?? null;
  }
  return undefined;
}

/** An answer without an id says nothing about what was done, just as no answer. */
function writtenId(sha: string | undefined): string {
  if (isObjectId(sha)) return sha;
  throw new GithubError('unreachable', `GitHub answered "${sha ?? ''}" where the id of an object is due`);
}
