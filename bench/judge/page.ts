import type { Goal } from '../goal.js';
import { commit, goalsTable } from '../page.js';

/** The figures as a page of the documentation. */
export function figuresPage({
  goals,
  report,
  seed,
  isFull,
}: {
  readonly goals: readonly Goal[];
  readonly report: string;
  readonly seed: number;
  readonly isFull: boolean;
}): string {
  return `# The judge's figures

Written by \`npm run bench -- judge${isFull ? ' --full' : ''} --seed ${seed} --write docs/judge-figures.md\` at commit ${commit()}. Every judge sees the same traces, and anyone can draw them again: \`npm run bench -- judge --trace "<world>" --run <n>\` prints one as lines of JSON.

A cell of the tables is the share of canaries that fail, with its 95 % Clopper-Pearson interval in brackets, then \`@\` the median time to FAIL in minutes where at least half of them do (for gauges: pairs, one a minute). "pass" is the share that passes early, and when. The limit is the mean number of minutes below which no test of 1 % can come.

## Goals

${goalsTable(goals)}

## Tables

${report}`;
}
