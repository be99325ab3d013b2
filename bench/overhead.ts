import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitOutput } from '../sandbox/github/git/process.js';
import { startGithub } from '../sandbox/github/github.js';
import type { RequestRecord } from '../sandbox/github/records.js';
import { commitFiles } from '../sandbox/github/seed.js';
import { startJob } from '../sandbox/runner/job.js';
import { findNode } from '../sandbox/runner/node-binary.js';
import { atMost, type Measured, median } from './goal.js';

const LATENCY_MS = 100;
const MOST_CALLS = 45;
const MOST_ROUNDS = 16;
const MOST_START = 1.5;
const STARTS = 15;

const SCRIPTS = [
  'verify',
  'canary',
  'traffic 10',
  'traffic 50',
  'traffic 100',
  'promote',
  'traffic 0',
  'remove',
];

const PLAN = {
  service: 'shop',
  environment: 'production',
  verify: { functional: 'true' },
  'in-service': { run: 'cat "$STATE/version"' },
  canary: {
    run: 'true',
    traffic: { run: 'echo "$RELEASE_WEIGHT" > "$STATE/weight"', read: 'cat "$STATE/weight"' },
    steps: [10, 50, 100].map((weight) => ({ weight, for: '0s' })),
    remove: 'true',
  },
  promote: 'echo "$RELEASE_TARGET_VERSION" > "$STATE/version"',
};

/** What the action costs beside the scripts that it runs: calls, round trips one after the other, start. */
export async function overhead(): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'gated-release-bench-'));
  try {
    const release = await measureRelease(directory);
    const bash = timeBash();
    process.stderr.write(
      `a release of no-op scripts took ${(release.ms / 1000).toFixed(1)} s at ${LATENCY_MS} ms a call; the same scripts by bash alone took ${(bash / 1000).toFixed(2)} s\n`,
    );
    const goals = [
      atMost(
        'api-calls',
        release.calls,
        MOST_CALLS,
        'calls to GitHub in a first release with three canary steps',
      ),
      atMost('round-trips', release.rounds, MOST_ROUNDS, 'calls to GitHub that waited for one another'),
      atMost(
        'start',
        startRatio(directory),
        MOST_START,
        'time to the first line, against a bundle of the two toolkits alone',
      ),
    ];
    const figures = [{ releaseMs: Math.round(release.ms), bashMs: Math.round(bash), latencyMs: LATENCY_MS }];
    return { goals, figures };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureRelease(directory: string): Promise<{ calls: number; rounds: number; ms: number }> {
  const state = join(directory, 'state');
  const workspace = join(directory, 'workspace');
  const temp = join(directory, 'temp');
  for (const path of [state, temp]) mkdirSync(path);
  writeFileSync(join(state, 'version'), '1.0');
  const token = 'ghs_bench_token_0123456789';
  const permissions = { contents: 'write', checks: 'write', deployments: 'write', actions: 'read' } as const;
  const tokens = { job: { token, kind: 'installation', permissions } } as const;
  const github = await startGithub({ directory, owner: 'acme', repo: 'shop', tokens, latencyMs: LATENCY_MS });
  try {
    const files = { '.github/gated-release.yml': JSON.stringify(PLAN) };
    const sha = await commitFiles(github, { branch: 'main', files, message: 'First' });
    await gitOutput(directory, ['clone', '--quiet', github.repositoryPath, workspace]);
    const started = performance.now();
    const job = startJob({
      steps: [{ kind: 'action', id: 'release', directory: process.cwd(), with: { version: '1.1' } }],
      repository: 'acme/shop',
      sha,
      ref: 'refs/heads/main',
      event: { name: 'push', payload: { repository: { default_branch: 'main' } } },
      token,
      apiUrl: github.apiUrl,
      workspace,
      temp,
      env: { STATE: state },
    });
    const result = await job.result;
    const ms = performance.now() - started;
    const decision = result.steps[0]?.outputs.decision;
    if (decision !== 'promoted')
      throw new Error(`the release ended ${decision ?? 'without a decision'}:\n${result.log}`);
    return { calls: github.requests.length, rounds: sequentialRounds(github.requests), ms };
  } finally {
    await github.stop();
  }
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

function timeBash(): number {
  const started = performance.now();
  for (const _ of SCRIPTS) spawnSync('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', 'true']);
  return performance.now() - started;
}

/** Start of the bundle until its first line, in pairs with a bundle that holds only the toolkits. */
function startRatio(directory: string): number {
  const toolkits = bundleToolkits(directory);
  const ours = join(process.cwd(), 'dist', 'index.js');
  const times: { ours: number[]; toolkits: number[] } = { ours: [], toolkits: [] };
  for (let i = 0; i <= STARTS; i++) {
    const pair = { ours: firstLine(ours), toolkits: firstLine(toolkits) };
    if (i === 0) continue;
    times.ours.push(pair.ours);
    times.toolkits.push(pair.toolkits);
  }
  process.stderr.write(
    `first line after ${median(times.ours).toFixed(0)} ms; the toolkits alone after ${median(times.toolkits).toFixed(0)} ms\n`,
  );
  return median(times.ours) / median(times.toolkits);
}

function bundleToolkits(directory: string): string {
  // Inside the checkout, so that the packages are found; the folder is ignored by git.
  const source = join(process.cwd(), 'lib', 'bench', 'toolkits.js');
  const out = join(directory, 'toolkits');
  writeFileSync(
    source,
    "import { info } from '@actions/core';\nimport { getOctokit } from '@actions/github';\ninfo(typeof getOctokit);\n",
  );
  const built = spawnSync(join(process.cwd(), 'node_modules', '.bin', 'ncc'), [
    'build',
    source,
    '--out',
    out,
    '--quiet',
  ]);
  if (built.status !== 0) throw new Error(`the toolkits could not be bundled: ${built.stderr.toString()}`);
  return join(out, 'index.js');
}

function firstLine(bundle: string): number {
  const started = performance.now();
  const ran = spawnSync('bash', ['-c', '"$0" "$1" | head -n 1 >/dev/null', findNode(), bundle], {
    env: { PATH: process.env.PATH ?? '', INPUT_COMMAND: 'none' },
  });
  if (ran.error) throw ran.error;
  return performance.now() - started;
}
