import type { Client } from './client.js';
import { LedgerError, type LedgerStore } from './contract.js';
import { type Failure, failureOf } from './errors.js';
import type { Patience } from './insist.js';
import { fileText, type LedgerContext, readLedger, type Seen } from './ledger-read.js';
import { writeLedger } from './ledger-write.js';
import { createObjects } from './objects.js';
import type { Permissions } from './permissions.js';

export interface LedgerOptions {
  readonly client: Client;
  readonly service: string;
  readonly environment: string;
  /** `https://github.com/owner/name` */
  readonly repositoryUrl: string;
  readonly redact: (text: string) => string;
  readonly permissions: Permissions;
  readonly patience: Patience;
}

/** The ledger of one service and environment as commits on a branch of its own. */
export function createLedger(options: LedgerOptions): LedgerStore {
  const { client, redact, patience, permissions } = options;
  const branch = `gated-release/${options.service}/${options.environment}`;
  const request = patience.signal === undefined ? {} : { signal: patience.signal };
  const context: LedgerContext = {
    client,
    branch,
    objects: createObjects(client),
    redact,
    patience,
    request,
  };
  let last: Seen | null = null;
  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof LedgerError) throw error;
      const failure = failureOf(error);
      if (failure.kind === 'forbidden') permissions.note('contents: write');
      throw ledgerError({ branch, failure, cause: error });
    }
  };
  return {
    branch,
    url: `${options.repositoryUrl}/tree/${branch}`,
    read: () =>
      translated(async () => {
        const snapshot = await readLedger(context, last);
        last = snapshot;
        return snapshot;
      }),
    readFile: (head, path) => translated(() => fileText(context, { head, path })),
    write: (change) =>
      translated(async () => {
        const head = await writeLedger(context, change);
        const written = change.files['current.json'];
        const kept = last?.head === change.expectedHead ? last.current : undefined;
        last = { head, current: written === undefined ? kept : redact(written) };
        return head;
      }),
  };
}

function ledgerError(problem: { branch: string; failure: Failure; cause: unknown }): LedgerError {
  const { branch, failure, cause } = problem;
  const isTaken = failure.kind === 'conflict' || /reference already exists/i.test(failure.reason);
  const kind = isTaken ? 'conflict' : LEDGER_KINDS[failure.kind];
  return new LedgerError(kind, `${SENTENCES[kind](branch)} (${failure.reason})`, { cause });
}

const LEDGER_KINDS = {
  conflict: 'conflict',
  refused: 'refused',
  forbidden: 'forbidden',
  limited: 'unreachable',
  unreachable: 'unreachable',
  'not-found': 'invalid',
  invalid: 'invalid',
} as const satisfies Record<Failure['kind'], LedgerError['kind']>;

const SENTENCES = {
  conflict: (branch) => `Another run wrote to the ledger "${branch}" in the meantime`,
  refused: (branch) =>
    `A rule of the repository refuses writes to the ledger "${branch}". ` +
    'Exclude the pattern `gated-release/**/*` from that branch protection or ruleset',
  forbidden: (branch) =>
    `The token may not use the ledger "${branch}". Give the job \`permissions: contents: write\``,
  unreachable: (branch) => `GitHub gave no usable answer about the ledger "${branch}"`,
  invalid: (branch) =>
    `GitHub's answer about the ledger "${branch}" cannot be right, or the branch was removed during the release`,
} satisfies Record<LedgerError['kind'], (branch: string) => string>;
