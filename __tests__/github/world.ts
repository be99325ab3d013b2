import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type SandboxGithub, startGithub } from '../../sandbox/github/github.js';
import { commitFiles, type SeedCommit } from '../../sandbox/github/seed.js';
import type { TokenOptions } from '../../sandbox/github/tokens.js';
import { connectGithub, type GithubOptions } from '../../src/github/connect.js';
import type { Github } from '../../src/github/contract.js';
import { type FastClock, fastClock, type HeardLog, heardLog } from './time.js';

export const SECRET = 'hunter22';

const ALL = {
  actions: 'read',
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  'pull-requests': 'write',
  statuses: 'write',
} as const;

const TOKENS = {
  job: { token: 'ghs_job', kind: 'installation', permissions: ALL },
  contents: { token: 'ghs_contents', kind: 'installation', permissions: { contents: 'write' } },
  statuses: {
    token: 'ghs_statuses',
    kind: 'installation',
    permissions: { contents: 'write', statuses: 'write' },
  },
  pulls: { token: 'ghs_pulls', kind: 'installation', permissions: { 'pull-requests': 'write' } },
  reader: { token: 'ghs_reader', kind: 'installation', permissions: { contents: 'read', checks: 'read' } },
  person: { token: 'ghp_person', kind: 'pat', permissions: ALL },
  bot: {
    token: 'ghs_bot',
    kind: 'installation',
    permissions: { contents: 'write', 'pull-requests': 'write' },
    app: { id: 77, slug: 'rollback-bot', name: 'Rollback bot' },
  },
} as const satisfies Record<string, TokenOptions>;

export interface Connected {
  readonly hub: Github;
  readonly clock: FastClock;
  readonly log: HeardLog;
}

export interface World {
  readonly github: SandboxGithub;
  /** What a run of the action sees; each call is another run. */
  connect(token?: keyof typeof TOKENS, overrides?: Partial<GithubOptions>): Connected;
  /** A push by a person. */
  commit(files: SeedCommit['files'], options?: Partial<SeedCommit>): Promise<string>;
  /** Fails when a request or an answer broke GitHub's published schema, or a secret went out. */
  stop(): Promise<void>;
}

/** A repository that many tests start from: made once and copied, which takes a fraction of the time. */
export interface Template {
  readonly path: string;
  /** Oldest first. */
  readonly commits: readonly string[];
  remove(): void;
}

/** Each set of files is one commit on `main`. */
export async function makeTemplate(...changes: readonly SeedCommit['files'][]): Promise<Template> {
  const directory = mkdtempSync(join(tmpdir(), 'github-'));
  const github = await startGithub({ directory, owner: 'acme', repo: 'shop', tokens: {} });
  const commits: string[] = [];
  for (const files of changes)
    commits.push(await commitFiles(github, { branch: 'main', message: 'Change', files }));
  await github.stop();
  return { path: github.repositoryPath, commits, remove: () => rmSync(directory, { recursive: true }) };
}

export async function startWorld(template: Template): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'github-'));
  cpSync(template.path, join(directory, 'shop.git'), { recursive: true });
  const github = await startGithub({ directory, owner: 'acme', repo: 'shop', tokens: TOKENS });
  return {
    github,
    connect: (token = 'job', overrides = {}) => {
      const clock = fastClock();
      const log = heardLog();
      const hub = connectGithub({
        token: TOKENS[token].token,
        rollbackToken: '',
        apiUrl: github.apiUrl,
        serverUrl: github.serverUrl,
        repository: 'acme/shop',
        service: 'shop',
        environment: 'production',
        runUrl: `${github.serverUrl}/acme/shop/actions/runs/1`,
        release: () => RELEASE,
        sha: () => 'main',
        known: () => ({ checks: {}, deployment: null }),
        redact: (text) => text.replaceAll(SECRET, '***'),
        log,
        clock,
        requestTimeoutMs: 2_000,
        retryBaseMs: 5,
        ...overrides,
      });
      return { hub, clock, log };
    },
    commit: (files, options = {}) =>
      commitFiles(github, { branch: 'main', message: 'Change', files, ...options }),
    stop: async () => {
      await github.stop();
      rmSync(directory, { recursive: true });
      expect(github.violations).toEqual([]);
      for (const { body } of github.requests) expect(opened(body)).not.toContain(SECRET);
    },
  };
}

export const RELEASE = '20260101-000000-abcdef0-k3x9';

/** A body as text, with base64 contents of files decoded. */
function opened(body: unknown): string {
  return (
    JSON.stringify(body, (key, value) =>
      key === 'contents' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
    ) ?? ''
  );
}
