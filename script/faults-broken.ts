import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { atMost } from '../bench/goal.js';
import { BREAKAGES, type Breakage } from '../sandbox/simulation/breakages.js';
import type * as Findings from '../sandbox/simulation/findings.js';
import type * as Schedules from '../sandbox/simulation/schedule.js';

/** One of so many points is played of each broken engine, and so many random schedules, until something is seen. */
const EVERY = 7;
const SCHEDULES = 1_000;

/** Breaks the engine in each of the known ways, and looks whether the simulation notices. Returns the exit code. */
export async function playBroken({ json }: { readonly json: boolean }): Promise<number> {
  const noticed = [];
  for (const breakage of BREAKAGES) {
    const found = await firstFinding(breakage);
    noticed.push({ what: breakage.what, ...found });
    if (!json) process.stdout.write(`${lineOf(breakage, found)}\n`);
  }
  const unseen = noticed.filter(({ by }) => by === null).length;
  const goals = [atMost('unseen', unseen, 0, `of ${BREAKAGES.length} broken engines`)];
  if (json) process.stdout.write(`${JSON.stringify({ broken: noticed, goals }, null, 2)}\n`);
  return unseen === 0 ? 0 : 1;
}

interface Noticed {
  /** What played it, as the command takes it; null when nothing was seen. */
  readonly by: string | null;
  readonly rule: string | null;
}

async function firstFinding(breakage: Breakage): Promise<Noticed> {
  const root = mkdtempSync(join(tmpdir(), 'gated-release-broken-'));
  try {
    return await playedIn(brokenCopy(root, breakage));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What is compiled, with one line of it replaced. */
function brokenCopy(root: string, { module, line, broken, what }: Breakage): string {
  const lib = join(root, 'lib');
  for (const part of ['src', 'sandbox']) cpSync(join('lib', part), join(lib, part), { recursive: true });
  cpSync('package.json', join(root, 'package.json'));
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  const file = join(lib, `${module}.js`);
  const text = readFileSync(file, 'utf8');
  const parts = text.split(indented(line));
  if (parts.length !== 2) throw new Error(`"${what}": ${module} has its line ${parts.length - 1} times`);
  writeFileSync(file, parts.join(broken));
  return lib;
}

/** The compiler indents by four. */
function indented(line: string): RegExp {
  const parts = line.split('\n').map((one) => one.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('\\s*'));
}

async function playedIn(lib: string): Promise<Noticed> {
  const load = (name: string) => import(pathToFileURL(join(lib, 'sandbox', 'simulation', name)).href);
  const { findingsOf, nameOf } = (await load('findings.js')) as typeof Findings;
  const { pointsOf, STORIES } = (await load('schedule.js')) as typeof Schedules;
  const points = (await pointsOf(STORIES)).filter((_, index) => index % EVERY === 0);
  const tasks: readonly Findings.Task[] = [
    ...points.map((point) => ({ points: [point] })),
    ...Array.from({ length: SCHEDULES }, (_, seed) => ({ seeds: [seed] })),
  ];
  for (const task of tasks) {
    const [first] = (await findingsOf(task)).findings;
    if (first) return { by: nameOf(first.again), rule: first.rule };
  }
  return { by: null, rule: null };
}

function lineOf({ what }: Breakage, { by, rule }: Noticed): string {
  return by === null ? `NOT SEEN  ${what}` : `seen      ${what}: ${rule} (${by})`;
}
