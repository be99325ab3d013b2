import { backup } from './backup.js';
import { evidence } from './evidence.js';
import type { Goal, Measured } from './goal.js';
import { judge } from './judge/judge.js';
import { overhead } from './overhead.js';
import { rollback } from './rollback.js';

/** Every benchmark by its name. Each measures ratios or counts within one run. */
const BENCHMARKS: Readonly<Record<string, (flags: readonly string[]) => Promise<Measured>>> = {
  backup,
  evidence,
  judge,
  overhead,
  rollback,
};

const [name, ...flags] = process.argv.slice(2);
const known = Object.keys(BENCHMARKS);
const benchmark = name === undefined ? undefined : BENCHMARKS[name];
if (!benchmark) {
  process.stderr.write(
    `npm run bench -- <name> [--json]: ${name ?? 'nothing'} is not one of ${known.join(', ')}\n`,
  );
  process.exit(2);
}
const measured = await benchmark(flags);
const { goals, report, ...rest } = measured;
process.stdout.write(
  flags.includes('--json')
    ? `${JSON.stringify({ goals, ...rest }, null, 2)}\n`
    : `${report === undefined ? '' : `${report}\n`}${table(goals)}\n`,
);
process.exitCode = goals.every((goal) => goal.met) ? 0 : 1;

function table(goals: readonly Goal[]): string {
  return goals
    .map((goal) => {
      const figure = Number.isInteger(goal.figure) ? goal.figure : Number(goal.figure.toPrecision(3));
      return `${goal.met ? 'met    ' : 'NOT MET'} ${goal.id.padEnd(18)} ${String(figure).padStart(8)}  (at most ${goal.limit})  ${goal.what}`;
    })
    .join('\n');
}
