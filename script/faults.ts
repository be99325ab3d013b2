import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { atMost, type Goal } from '../bench/goal.js';
import { type Finding, findingsOf, nameOf, type Task } from '../sandbox/simulation/findings.js';
import { type Point, pointsOf } from '../sandbox/simulation/schedule.js';
import { playBroken } from './faults-broken.js';
import { PARTS, type Part, playProcesses } from './faults-processes.js';

const USAGE = `npm run faults -- [--json] [--points-only] [--schedules N] [--seed N] [--point story:call:kind]
npm run faults -- --broken [--json]
npm run faults -- --processes [--json] [--seed N] [--only cancels|kills|flaky|at-once|parked]

Every port call of a release and of the ways back, each met by every fault; then random schedules of several runs.
--seed and --point play that one alone and print what happened.
--broken breaks the engine in one line after another, and says which the simulation does not notice.
--processes plays with the packaged action instead: cancels, kills, a flaky GitHub, many runs at once. It takes long.
`;
const SCHEDULES = 10_000;
const MOST_MINUTES = 5;
/** How many schedules a worker gets at once. */
const CHUNK = 50;

const options = optionsOf(process.argv.slice(2));
process.exitCode = await chosen(options);

async function chosen(asked: Options): Promise<number> {
  if (asked.processes) return playProcesses({ ...asked, seed: asked.seed ?? 1 });
  if (asked.broken) return playBroken(asked);
  return asked.one ? show(asked.one) : playAll(asked);
}

interface Options {
  readonly processes: boolean;
  readonly broken: boolean;
  readonly json: boolean;
  readonly schedules: number;
  readonly seed: number | null;
  /** Of the processes. */
  readonly only: Part | null;
  readonly one: Task | null;
}

async function playAll({ json, schedules }: Options): Promise<number> {
  const begun = performance.now();
  const points = await pointsOf();
  const seeds = Array.from({ length: schedules }, (_, seed) => seed);
  const tasks: Task[] = [
    ...chunks(points).map((some): Task => ({ points: some })),
    ...chunks(seeds).map((some): Task => ({ seeds: some })),
  ];
  const violations = await shareOut(tasks);
  const minutes = (performance.now() - begun) / 60_000;
  const goals: Goal[] = [
    atMost('violations', violations.length, 0, 'invariants that did not hold'),
    ...(schedules >= SCHEDULES
      ? [
          atMost(
            'minutes',
            minutes,
            MOST_MINUTES,
            `minutes for ${points.length} points and ${schedules} schedules`,
          ),
        ]
      : []),
  ];
  const summary = { points: points.length, schedules, minutes, violations, goals };
  process.stdout.write(json ? `${JSON.stringify(summary, null, 2)}\n` : textOf(summary));
  const [first] = violations;
  if (first && !json) process.stdout.write(`\n${(await findingsOf(first.again)).timeline.join('\n')}\n`);
  return goals.every(({ met }) => met) ? 0 : 1;
}

/** Each core plays what is next, until nothing is left. */
async function shareOut(tasks: readonly Task[]): Promise<readonly Finding[]> {
  const left = [...tasks];
  const found: Finding[] = [];
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./faults-worker.js', import.meta.url), {
      // A schedule makes much and keeps nothing: with more room for what is young, the collector has less to do.
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    for (let task = left.shift(); task; task = left.shift()) {
      worker.postMessage(task);
      const [answer] = (await once(worker, 'message')) as [readonly Finding[]];
      found.push(...answer);
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return found;
}

async function show(task: Task): Promise<number> {
  const { findings, timeline } = await findingsOf(task);
  process.stdout.write(`${timeline.join('\n')}\n\n`);
  for (const { rule, found } of findings) process.stdout.write(`VIOLATED ${rule}: ${found}\n`);
  return findings.length === 0 ? 0 : 1;
}

function textOf(summary: {
  readonly points: number;
  readonly schedules: number;
  readonly minutes: number;
  readonly violations: readonly Finding[];
}): string {
  const { points, schedules, minutes, violations } = summary;
  const lines = violations.map(({ again, rule, found }) => `VIOLATED ${nameOf(again)}: ${rule}: ${found}`);
  const played = `${points} points and ${schedules} random schedules in ${minutes.toFixed(1)} minutes`;
  return `${[...lines, `${played}: ${violations.length} violations`].join('\n')}\n`;
}

function chunks<T>(list: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / CHUNK) }, (_, index) =>
    list.slice(index * CHUNK, (index + 1) * CHUNK),
  );
}

function optionsOf(flags: readonly string[]): Options {
  const value = (name: string): string | null => {
    const at = flags.indexOf(name);
    return at < 0 ? null : (flags[at + 1] ?? '');
  };
  const known = [
    '--processes',
    '--broken',
    '--json',
    '--points-only',
    '--schedules',
    '--seed',
    '--point',
    '--only',
  ];
  const unknown = flags.find((flag) => flag.startsWith('--') && !known.includes(flag));
  const seed = value('--seed');
  const point = value('--point');
  const only = value('--only');
  const read = point === null ? null : pointFrom(point);
  const isMistaken = (point !== null && !read) || (only !== null && !(only in PARTS));
  if (unknown || isMistaken || (seed !== null && !/^\d+$/.test(seed))) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  return {
    processes: flags.includes('--processes'),
    broken: flags.includes('--broken'),
    json: flags.includes('--json'),
    schedules: flags.includes('--points-only') ? 0 : Number(value('--schedules') ?? SCHEDULES),
    seed: seed === null ? null : Number(seed),
    only: only as Part | null,
    one: seed !== null ? { seeds: [Number(seed)] } : read ? { points: [read] } : null,
  };
}

function pointFrom(text: string): Point | null {
  const [story, call, kind, runner] = text.split(':');
  const point = { story, call: Number(call), kind, ...(runner ? { withRunner: true } : {}) };
  return /^\d+$/.test(call ?? '') ? (point as Point) : null;
}
