import { spawnSync } from 'node:child_process';
import type { Goal } from './goal.js';

/** Goals as a table of Markdown. */
export function goalsTable(goals: readonly Goal[]): string {
  const rows = goals.map(
    ({ id, what, figure, limit, met }) =>
      `| ${id} | ${what} | ${number(figure)} | ${number(limit)} | ${met ? 'yes' : '**no**'} |`,
  );
  return ['| goal | what | figure | at most | met |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** What was measured, for the head of a page. */
export function commit(): string {
  const found = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : 'unknown';
}

function number(value: number): string {
  if (!Number.isFinite(value)) return 'never';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
