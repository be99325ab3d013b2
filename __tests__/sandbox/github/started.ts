import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getOctokit } from '@actions/github';
import { afterEach, expect } from '@jest/globals';
import { type GithubOptions, type SandboxGithub, startGithub } from '../../../sandbox/github/github.js';
import { commitFiles } from '../../../sandbox/github/seed.js';
import type { Permissions } from '../../../sandbox/github/tokens.js';

export const ALL: Permissions = {
  actions: 'write',
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  'pull-requests': 'write',
  statuses: 'write',
};

export const TOKEN = 'ghs_15368_job.token';

const open: { github: SandboxGithub; directory: string; strict: boolean }[] = [];

afterEach(async () => {
  for (const { github, directory, strict } of open.splice(0)) {
    await github.stop();
    rmSync(directory, { recursive: true });
    if (strict) expect(github.violations).toEqual([]);
  }
});

/** A GitHub with one commit on main, stopped after the test, which fails when a message broke the schema. */
export async function started(options: Partial<GithubOptions> & { readonly strict?: boolean } = {}) {
  const { strict = true, ...rest } = options;
  const directory = mkdtempSync(join(tmpdir(), 'sandbox-github-'));
  const github = await startGithub({
    directory,
    owner: 'acme',
    repo: 'shop',
    tokens: {
      job: { token: TOKEN, kind: 'installation', permissions: ALL },
      person: { token: 'ghp_person', kind: 'pat', permissions: ALL, login: 'alice' },
    },
    ...rest,
  });
  open.push({ github, directory, strict });
  const first = await commitFiles(github, {
    branch: 'main',
    message: 'First',
    files: { 'README.md': 'shop\n' },
  });
  return { github, first, api: octokit(github), call: caller(github) };
}

export function octokit(github: SandboxGithub, token = TOKEN) {
  return getOctokit(token, { baseUrl: github.apiUrl });
}

/** Sends a request without a client in between. */
export function caller(github: SandboxGithub) {
  return async (
    method: string,
    path: string,
    { body, token = TOKEN }: { body?: unknown; token?: string | null } = {},
  ) => {
    const response = await fetch(github.apiUrl + path.replace(/^~/, '/repos/acme/shop'), {
      method,
      headers: token === null ? {} : { authorization: `token ${token}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
}

export const here = { owner: 'acme', repo: 'shop' };
