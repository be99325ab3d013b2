import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, type Goal } from '../bench/goal.js';

/** What can be played alone, by a part of its name. */
export const PARTS = {
  cancels: 'a cancel',
  kills: 'a SIGKILL',
  flaky: 'releases end right',
  'at-once': 'start at once',
  parked: 'a canary of many hours',
} as const;
export type Part = keyof typeof PARTS;

/**
 * The packaged action in the sandbox, as tests, which bring the sandbox with them: what holds is asserted there, and
 * its figures are printed here. Returns the exit code.
 */
export function playProcesses(asked: {
  readonly json: boolean;
  readonly seed: number;
  readonly only: Part | null;
}): number {
  const directory = mkdtempSync(join(tmpdir(), 'gated-release-faults-'));
  const file = join(directory, 'figures.jsonl');
  try {
    const env = {
      ...process.env,
      FAULTS: 'processes',
      FAULTS_SEED: String(asked.seed),
      FAULTS_FIGURES: file,
    };
    const chosen = asked.only === null ? [] : ['-t', PARTS[asked.only]];
    const args = ['test', '--', '__tests__/faults/processes.test.ts', '-w', '1', ...chosen];
    // Of `--json` nothing else may stand on standard output.
    const { status } = spawnSync('npm', args, { stdio: ['ignore', asked.json ? 2 : 1, 2], env });
    const goals = goalsIn(file);
    process.stdout.write(
      asked.json ? `${JSON.stringify({ seed: asked.seed, goals }, null, 2)}\n` : textOf(goals),
    );
    return status === 0 && goals.every(({ met }) => met) ? 0 : 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What failed before it had a figure is told by the test alone. */
function goalsIn(file: string): readonly Goal[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return lines.map((line) => {
    const { id, figure, limit, what } = JSON.parse(line) as Goal;
    return atMost(id, figure, limit, what);
  });
}

function textOf(goals: readonly Goal[]): string {
  return goals
    .map(({ id, figure, limit, met, what }) => {
      const shown = Number(figure.toPrecision(3));
      return `${met ? 'met    ' : 'NOT MET'} ${id.padEnd(12)} ${String(shown).padStart(6)}  (at most ${limit})  ${what}\n`;
    })
    .join('');
}
