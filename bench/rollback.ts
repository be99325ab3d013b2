import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SandboxGithub } from '../sandbox/github/github.js';
import { commitFiles } from '../sandbox/github/seed.js';
import { emptyCurrent, formatCurrent } from '../src/release/current.js';
import { atMost, type Measured } from './goal.js';
import { runRelease, sequentialRounds, startMeasured } from './release.js';

const LATENCY_MS = 20;
const MOST_ROUNDS = 12;
const MOST_TO_ZERO_S = 1;
/** Files changed by the bad release, and the folders they lie in. */
const CHANGES = [
  { files: 1, folders: 1 },
  { files: 100, folders: 20 },
  { files: 5000, folders: 50 },
];

const PLAN = {
  service: 'shop',
  environment: 'production',
  'in-service': { run: 'cat "$STATE/version"' },
  metrics: {
    errors: {
      kind: 'errors',
      probe: { canary: 'http://127.0.0.1:9/', rate: '50/s', timeout: '500ms' },
      limit: '1%',
      'minimum-samples': 20,
    },
  },
  canary: {
    traffic: { run: 'echo "$RELEASE_WEIGHT" > "$STATE/weight"', read: 'cat "$STATE/weight"' },
    steps: [{ weight: 10, for: '5s' }],
  },
  promote: 'echo "$RELEASE_TARGET_VERSION" > "$STATE/version"',
};

/** What taking a release back costs: calls and round trips by the size of the change, and the way to weight 0. */
export async function rollback(): Promise<Measured> {
  const measured: { files: number; calls: number; rounds: number; toZero: number }[] = [];
  for (const change of CHANGES) measured.push({ files: change.files, ...(await measure(change)) });
  for (const { files, calls, rounds } of measured) {
    process.stderr.write(`${files} files: ${calls} calls to GitHub for the commit, ${rounds} round trips\n`);
  }
  const hundred = measured.find(({ files }) => files === 100);
  const slowest = Math.max(...measured.map(({ toZero }) => toZero));
  const goals = [
    atMost(
      'round-trips-100',
      hundred?.rounds ?? Number.NaN,
      MOST_ROUNDS,
      'calls that waited for one another, for 100 files in 20 folders',
    ),
    atMost(
      'to-zero',
      slowest,
      MOST_TO_ZERO_S,
      'seconds from the verdict to traffic read back at 0, the driver included',
    ),
  ];
  return { goals, figures: measured };
}

async function measure(change: { files: number; folders: number }) {
  const directory = mkdtempSync(join(tmpdir(), 'gated-release-bench-'));
  const github = await startMeasured(directory, LATENCY_MS);
  try {
    const sha = await seed(github, change);
    const { result, outputs } = await runRelease(github, {
      directory,
      sha,
      version: '1.2',
      inService: '1.1',
    });
    if (outputs.decision !== 'rolled-back' || !outputs['rollback-commit']) {
      throw new Error(
        `the release ended ${outputs.decision ?? 'without a decision'}, without a rollback commit:\n${result.log}`,
      );
    }
    const toZero = await secondsToZero(github, outputs['release-id'] ?? '');
    return { ...(await callsOfCommit(github)), toZero };
  } finally {
    await github.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function seed(
  github: SandboxGithub,
  { files, folders }: { files: number; folders: number },
): Promise<string> {
  const content = (text: string) =>
    Object.fromEntries(
      Array.from({ length: files }, (_, i) => [`src/part-${i % folders}/file-${i}.txt`, `${text} ${i}\n`]),
    );
  const plan = { '.github/gated-release.yml': JSON.stringify(PLAN) };
  const good = await commitFiles(github, {
    branch: 'main',
    files: { ...plan, ...content('good') },
    message: 'Good',
  });
  const current = {
    ...emptyCurrent('shop', 'production'),
    last_promoted: { release: 'r0', version: '1.1', sha: good, at: '2026-01-01T00:00:00.000Z' },
  };
  const files0 = { 'current.json': formatCurrent(current) };
  await commitFiles(github, { branch: 'gated-release/shop/production', files: files0, message: 'As it was' });
  const bad = await commitFiles(github, { branch: 'main', files: content('bad'), message: 'Bad' });
  // Work that landed meanwhile, so that the rollback is a merge and not the old tree as it was.
  await commitFiles(github, {
    branch: 'main',
    files: { 'src/part-0/later.txt': 'later\n' },
    message: 'Later',
  });
  return bad;
}

/** The calls between the intent of the rollback commit and the next write of the ledger. */
async function callsOfCommit(github: SandboxGithub): Promise<{ calls: number; rounds: number }> {
  const writes = github.requests.filter(({ route }) => route === 'createCommitOnBranch');
  const headline = (body: unknown): string => JSON.stringify(body);
  const intent = writes.find(({ body }) => headline(body).includes('rollback commit'));
  const end = writes.find(({ body }) => headline(body).includes('ended rolled-back'));
  const decoration = /checks\/|deployment|issues\//;
  const between = github.requests.filter(
    ({ startedAt, route }) =>
      startedAt >= (intent?.endedAt ?? 0) &&
      startedAt < (end?.startedAt ?? 0) &&
      !decoration.test(route ?? ''),
  );
  return { calls: between.length, rounds: sequentialRounds(between) };
}

async function secondsToZero(github: SandboxGithub, release: string): Promise<number> {
  const text = await github.git('show', `gated-release/shop/production:${release}/events.jsonl`);
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; at: string; weight?: number });
  const judged = events.find(({ type }) => type === 'judged');
  const zero = events.find(({ type, weight }) => type === 'outcome' && weight === 0);
  return (Date.parse(zero?.at ?? '') - Date.parse(judged?.at ?? '')) / 1000;
}
