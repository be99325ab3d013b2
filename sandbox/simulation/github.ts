import {
  type Comparison,
  type Facts,
  type Github,
  GithubError,
  LedgerError,
  type LedgerStore,
  type Repository,
  type Reverter,
  type RollbackOutcome,
  type RollbackRequest,
} from '../../src/github/contract.js';
import type { Hosting } from './hosting.js';
import type { LedgerBranch, LedgerCommit } from './ledger-branch.js';
import type { StepProcess } from './step-process.js';
import type { VirtualTime } from './time.js';

export interface GithubOptions {
  readonly process: StepProcess;
  readonly ledger: LedgerBranch;
  readonly hosting: Hosting;
  readonly time: VirtualTime;
  /** How long a write of the ledger may stay without an answer. */
  readonly ledgerPatienceMs: number;
  readonly onLedgerWrite: (commit: LedgerCommit, by: string) => void;
  readonly onRollbackCommit: (request: RollbackRequest, by: string) => void;
}

const BRANCH = 'gated-release/shop/production';
const REPOSITORY = 'https://github.example/acme/shop';
/** A read is tried a few times before it is given up. */
const READ_PATIENCE_MS = 65_000;
const ROLLBACK_PATIENCE_MS = 5 * 60_000;

/** All of GitHub by its contract, over the simulated branch and repository. */
export function simulatedGithub(options: GithubOptions): Github {
  const { process } = options;
  const settle = (port: string) => (ms: number) =>
    process.call({ port, work: () => undefined, fail: () => undefined, patienceMs: ms, isRemote: true });
  return {
    ledger: ledgerOf(options),
    repository: repositoryOf(options),
    reverter: reverterOf(options),
    checks: {
      report: () => undefined,
      closeLeft: () => undefined,
      ids: () => ({}),
      settle: settle('checks.settle'),
    },
    deployments: {
      report: () => {
        options.hosting.hasDeployment = true;
      },
      id: () => null,
      settle: settle('deployments.settle'),
    },
    incidents: {
      report: () => undefined,
      comment: () => undefined,
      close: () => undefined,
      find: () => null,
      settle: settle('incidents.settle'),
    },
    permissions: { list: () => [] },
    facts: noFacts(options),
    previews: { show: async () => false },
    feedback: { report: () => undefined, close: () => undefined, settle: settle('feedback.settle') },
  };
}

/** The simulated plans have no gates for people; the one thing that every release asks is the default branch. */
function noFacts({ process, ledger }: GithubOptions): Facts {
  const unknown = async () => null;
  const none = async () => [];
  return {
    ...{ commits: unknown, pullsOf: none, pull: unknown, reviews: none, comments: none, team: unknown },
    ...{
      runApprovals: unknown,
      checks: unknown,
      openIssues: unknown,
      changes: unknown,
      changed: none,
      files: none,
    },
    ...{ text: unknown, ledger: async () => ({ current: null, url: REPOSITORY }), mayWrite: unknown },
    ...{ commitsOfPull: none, headMoves: unknown, defaultBranch: async () => 'main', branch: unknown },
    releasesOf: async () => [],
    ledgers: () =>
      process.call({
        port: 'facts.ledgers',
        work: () => {
          const current = ledger.head?.files['current.json'] ?? null;
          return [{ service: 'shop', environment: 'production', current, url: REPOSITORY }];
        },
        fail: () => {
          throw new GithubError('unreachable', 'GitHub did not answer (simulated)');
        },
        patienceMs: READ_PATIENCE_MS,
        isRemote: true,
      }),
  };
}

function ledgerOf({ process, ledger, ledgerPatienceMs, onLedgerWrite }: GithubOptions): LedgerStore {
  const fail = (): never => {
    throw new LedgerError('unreachable', 'GitHub gave no usable answer about the ledger (simulated)');
  };
  const read = { fail, patienceMs: READ_PATIENCE_MS, isRemote: true };
  return {
    branch: BRANCH,
    url: `${REPOSITORY}/tree/${BRANCH}`,
    read: () =>
      process.call({
        ...read,
        port: 'ledger.read',
        work: () => ({
          head: ledger.head?.id ?? null,
          current: ledger.head?.files['current.json'] ?? null,
        }),
      }),
    readFile: (head, path) =>
      process.call({
        ...read,
        port: 'ledger.readFile',
        about: path,
        work: () => ledger.at(head)?.files[path] ?? null,
      }),
    write: (change) =>
      process.call({
        ...read,
        port: 'ledger.write',
        about: change.message,
        patienceMs: ledgerPatienceMs,
        work: () => {
          const written = ledger.swap(change.expectedHead, change);
          if (!written) throw new LedgerError('conflict', 'Another run wrote to the ledger in the meantime');
          onLedgerWrite(written, process.name);
          return written.id;
        },
      }),
  };
}

function repositoryOf({ process, hosting, time }: GithubOptions): Repository {
  const asked = <T>(port: string, work: () => T): Promise<T> =>
    process.call({
      port: `repository.${port}`,
      work,
      fail: () => {
        throw new GithubError('unreachable', 'GitHub did not answer (simulated)');
      },
      patienceMs: READ_PATIENCE_MS,
      isRemote: true,
    });
  return {
    fullName: 'acme/shop',
    url: REPOSITORY,
    serverTime: () => time.now,
    commit: (sha) =>
      asked('commit', () => {
        const found = hosting.find(sha);
        return (
          found && { sha, tree: sha, parents: found.parent ? [found.parent] : [], message: found.message }
        );
      }),
    compare: (base, head) => asked('compare', () => compared(hosting, base, head)),
    hasDeployment: () => asked('hasDeployment', () => hosting.hasDeployment),
    jobCompleted: (job) => asked('jobCompleted', () => hosting.isCompleted(job)),
    ledgerBranches: () => asked('ledgerBranches', () => [BRANCH]),
    quarantine: (commit, bad) =>
      asked('quarantine', () =>
        bad.map(({ release, sha }) => {
          const since = hosting.between(sha, commit);
          const fix = since.find(({ message }) => message.includes(`Fixes-Release: ${release}`));
          return {
            release,
            contains: hosting.contains(commit, sha),
            rolledBack: since.some(({ message }) => message.includes(`Gated-Release: ${release}`)),
            fixedBy: fix?.sha ?? null,
            since: since.map((one) => ({ sha: one.sha, subject: one.message.split('\n')[0] ?? '' })),
            isComplete: true,
          };
        }),
      ),
  };
}

function compared(hosting: Hosting, base: string, head: string): Comparison | null {
  if (!hosting.find(base) || !hosting.find(head)) return null;
  if (base === head) return { status: 'identical', files: [] };
  return { status: hosting.contains(head, base) ? 'ahead' : 'behind', files: ['app.txt'] };
}

function reverterOf({ process, hosting, onRollbackCommit }: GithubOptions): Reverter {
  return {
    rollback: (request) =>
      process.call<RollbackOutcome>({
        port: 'reverter.rollback',
        about: request.release,
        patienceMs: ROLLBACK_PATIENCE_MS,
        isRemote: true,
        fail: () => ({ kind: 'refused', why: 'GitHub did not answer (simulated)', files: [], commands: [] }),
        work: () => {
          onRollbackCommit(request, process.name);
          const before = hosting.rollbackOf(request.release);
          const trailers = `Gated-Release: ${request.release}\nRolls-Back: ${request.from}..${request.to}`;
          const commit = before ?? hosting.commit(`${request.title}\n\n${trailers}`);
          return {
            kind: 'done',
            commit: commit.sha,
            files: ['app.txt'],
            left: [],
            existed: before !== null,
          };
        },
      }),
  };
}
