import type { Clock, Log } from '../host/contract.js';
import { createChecks } from './checks.js';
import { createClient } from './client.js';
import type { Github } from './contract.js';
import { createDeployments } from './deployments.js';
import { createFacts } from './facts.js';
import { createFeedback } from './feedback.js';
import { createIncidents } from './incidents.js';
import type { Patience } from './insist.js';
import { createLedger } from './ledger.js';
import { createPermissions } from './permissions.js';
import { createPreviews } from './previews.js';
import { createRepository } from './repository.js';
import { createReverter } from './revert.js';

/** What writes of each kind may take before they are given up, in milliseconds. */
const LEDGER_MS = 10 * 60_000;
const ROLLBACK_MS = 5 * 60_000;
const DECORATION_MS = 60_000;

export interface GithubOptions {
  readonly token: string;
  /** For the rollback commit, its branch and its pull request alone. */
  readonly rollbackToken: string;
  /** `https://api.github.com`, or `https://<host>/api/v3` on a server of one's own. */
  readonly apiUrl: string;
  /** `https://github.com` */
  readonly serverUrl: string;
  /** `owner/name` */
  readonly repository: string;
  readonly service: string;
  readonly environment: string;
  /** Where people read this run. */
  readonly runUrl: string;
  /** The release and its commit; read when something is posted, since a resumed release takes both from the ledger. */
  readonly release: () => string;
  readonly sha: () => string;
  /** What an earlier run of this release has posted. */
  readonly known: () => {
    readonly checks: Readonly<Record<string, number>>;
    readonly deployment: number | null;
  };
  /** An earlier step began this release: what it posted is found and updated rather than made again. */
  readonly adopts?: boolean;
  readonly redact: (text: string) => string;
  readonly log: Log;
  readonly clock: Clock;
  /** Ends waits for GitHub early, when the step is about to be killed. */
  readonly signal?: AbortSignal;
  /** How long a write of the ledger or of the rollback commit may stay without a known outcome. */
  readonly unreachableAfterMs?: number;
  /** Of one request; 15 seconds by default. */
  readonly requestTimeoutMs?: number;
  /** Retries of a read come after 1, 4 and 9 times this; 500 by default. */
  readonly retryBaseMs?: number;
}

/** All of GitHub that a release needs, for one service and environment of one repository. */
export function connectGithub(options: GithubOptions): Github {
  const { serverUrl, repository, token, rollbackToken, log, known } = options;
  const client = createClient(options);
  const rollbackClient =
    rollbackToken === token || rollbackToken === ''
      ? client
      : createClient({ ...options, token: rollbackToken });
  const repositoryUrl = `${serverUrl}/${repository}`;
  const permissions = createPermissions(log);
  const shared = { ...options, client, repositoryUrl, permissions };
  return {
    facts: createFacts({ client, url: repositoryUrl }),
    previews: createPreviews({ ...shared, patience: patience(options, DECORATION_MS) }),
    ledger: createLedger({ ...shared, patience: patience(options, options.unreachableAfterMs ?? LEDGER_MS) }),
    checks: createChecks({
      ...shared,
      known: () => known().checks,
      patience: patience(options, DECORATION_MS),
    }),
    deployments: createDeployments({
      ...shared,
      known: () => known().deployment,
      adopts: options.adopts ?? false,
      patience: patience(options, DECORATION_MS),
    }),
    repository: createRepository({ client, url: repositoryUrl, permissions }),
    reverter: createReverter({
      ...shared,
      writer: rollbackClient,
      patience: patience(options, options.unreachableAfterMs ?? ROLLBACK_MS),
    }),
    incidents: createIncidents({ ...shared, patience: patience(options, DECORATION_MS) }),
    feedback: createFeedback({ ...shared, patience: patience(options, DECORATION_MS) }),
    permissions,
  };
}

function patience({ clock, log, signal }: GithubOptions, withinMs: number): Patience {
  return { clock, log, withinMs, ...(signal === undefined ? {} : { signal }) };
}
