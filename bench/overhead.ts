import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitFiles } from '../sandbox/github/seed.js';
import { findNode } from '../sandbox/runner/node-binary.js';
import { atMost, type Measured, median } from './goal.js';
import { runRelease, sequentialRounds, startMeasured } from './release.js';

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
  const github = await startMeasured(directory, LATENCY_MS);
  try {
    const files = { '.github/gated-release.yml': JSON.stringify(PLAN) };
    const sha = await commitFiles(github, { branch: 'main', files, message: 'First' });
    const release = { directory, sha, version: '1.1', inService: '1.0' };
    const { result, outputs, ms } = await runRelease(github, release);
    if (outputs.decision !== 'promoted')
      throw new Error(`the release ended ${outputs.decision ?? 'without a decision'}:\n${result.log}`);
    return { calls: github.requests.length, rounds: sequentialRounds(github.requests), ms };
  } finally {
    await github.stop();
  }
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
