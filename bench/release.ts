import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gitOutput } from '../sandbox/github/git/process.js';
import { type SandboxGithub, startGithub } from '../sandbox/github/github.js';
import type { RequestRecord } from '../sandbox/github/records.js';
import type { JobResult } from '../sandbox/runner/contract.js';
import { startJob } from '../sandbox/runner/job.js';

const TOKEN = 'ghs_bench_token_0123456789';

/** A local GitHub whose calls take `latencyMs` each. */
export function startMeasured(directory: string, latencyMs: number): Promise<SandboxGithub> {
  const permissions = {
    contents: 'write',
    checks: 'write',
    deployments: 'write',
    issues: 'write',
    actions: 'read',
  } as const;
  const tokens = { job: { token: TOKEN, kind: 'installation', permissions } } as const;
  return startGithub({ directory, owner: 'acme', repo: 'shop', tokens, latencyMs });
}

/** Releases a commit with the packaged action. Scripts find the service's files in `$STATE`. */
export async function runRelease(
  github: SandboxGithub,
  release: { directory: string; sha: string; version: string; inService: string },
): Promise<{ result: JobResult; outputs: Readonly<Record<string, string>>; ms: number }> {
  const { directory, sha, version, inService } = release;
  const state = join(directory, 'state');
  const workspace = join(directory, 'workspace');
  const temp = join(directory, 'temp');
  for (const path of [state, temp]) mkdirSync(path);
  writeFileSync(join(state, 'version'), inService);
  await gitOutput(directory, ['clone', '--quiet', github.repositoryPath, workspace]);
  await gitOutput(workspace, ['checkout', '--quiet', sha]);
  const started = performance.now();
  const job = startJob({
    steps: [{ kind: 'action', id: 'release', directory: process.cwd(), with: { version } }],
    repository: 'acme/shop',
    sha,
    ref: 'refs/heads/main',
    event: { name: 'push', payload: { repository: { default_branch: 'main' } } },
    token: TOKEN,
    apiUrl: github.apiUrl,
    workspace,
    temp,
    env: { STATE: state },
  });
  const result = await job.result;
  return { result, outputs: result.steps[0]?.outputs ?? {}, ms: performance.now() - started };
}

/** The most calls of which each began after the one before had ended: what latency adds to a release. */
export function sequentialRounds(requests: readonly RequestRecord[]): number {
  const byEnd = [...requests].sort((a, b) => a.endedAt - b.endedAt);
  let rounds = 0;
  let free = Number.NEGATIVE_INFINITY;
  for (const request of byEnd) {
    if (request.startedAt < free) continue;
    rounds++;
    free = request.endedAt;
  }
  return rounds;
}
