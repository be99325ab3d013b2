import { cpus, loadavg } from 'node:os';
import type { Goal } from '../goal.js';
import { commit, goalsTable } from '../page.js';

/** One pair of runs, in milliseconds and megabytes. */
export interface Figures extends Readonly<Record<string, number | string>> {
  readonly case: string;
  readonly backupMs: number;
  readonly bareBackupMs: number;
  readonly cycleMs: number;
  readonly bareCycleMs: number;
  readonly megabytes: number;
}

/** The figures as a page of the documentation. */
export function figuresPage({
  goals,
  figures,
}: {
  readonly goals: readonly Goal[];
  readonly figures: readonly Figures[];
}): string {
  const cores = cpus().length;
  const load = Math.max(...loadavg()).toFixed(1);
  return `# What a proved backup costs

Written by \`npm run bench -- backup --write docs/backup-figures.md\` at commit ${commit()}, with ${cores} cores and a load of up to ${load}. Each pair is one run of ours and one of the shell commands that a person would write, in turns, each into a new restic repository; of each ratio the median counts. Seconds are those of the machine that it ran on, and ratios are what holds elsewhere.

\`backup\` is the time until the data is in the store: by hand \`pg_dump -Fc -Z0 | restic backup --stdin\`, and so on. \`cycle\` is the time until the copy is proved identical: by hand the data is restored, and nothing is compared. Ours makes a throw-away server for PostgreSQL meanwhile; by hand the server is there.

| case | data |
| --- | --- |
| stream | one stream of 400 MB |
| postgres | 1,500,000 rows |
| mariadb | 600,000 rows |
| files | 100,000 files; by hand restic reads the directory itself |

## Goals

${goalsTable(goals)}

## Pairs

| case | backup | by hand | ratio | cycle | by hand | ratio | memory |
| --- | --- | --- | --- | --- | --- | --- | --- |
${figures.map(row).join('\n')}
`;
}

function row({ case: name, backupMs, bareBackupMs, cycleMs, bareCycleMs, megabytes }: Figures): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const ratio = (ours: number, bare: number) => (ours / bare).toFixed(2);
  const times = [seconds(backupMs), seconds(bareBackupMs), ratio(backupMs, bareBackupMs)];
  const cycles = [seconds(cycleMs), seconds(bareCycleMs), ratio(cycleMs, bareCycleMs)];
  return `| ${[name, ...times, ...cycles, `${megabytes} MB`].join(' | ')} |`;
}
