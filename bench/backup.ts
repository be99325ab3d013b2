import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Case, Timed } from './backup/case.js';
import { mariadb, postgres } from './backup/databases.js';
import { manyFiles } from './backup/files.js';
import { type Figures, figuresPage } from './backup/page.js';
import { largeStream } from './backup/stream.js';
import { atMost, type Goal, type Measured, median } from './goal.js';

const MOST_BACKUP = 1.25;
const MOST_CYCLE = 1.6;
const MOST_MEGABYTES = 150;
/** For one case. */
const MOST_MS = 180_000;

const CASES: Readonly<Record<string, (root: string) => Promise<Case>>> = {
  stream: largeStream,
  postgres,
  mariadb,
  files: manyFiles,
};

/**
 * What a proved backup costs beside the shell commands that a person would write. Pairs in turns, each into a repository
 * of its own, so that both sides meet the same machine; of each ratio the median of the pairs. `--only <case>` measures
 * one, `--write <file>` puts the figures into a Markdown file.
 */
export async function backup(flags: readonly string[] = []): Promise<Measured> {
  const { values } = parseArgs({
    args: [...flags],
    options: { json: { type: 'boolean' }, only: { type: 'string' }, write: { type: 'string' } },
  });
  const measured = await measure(values.only);
  if (values.write !== undefined) writeFileSync(values.write, figuresPage(measured));
  return measured;
}

async function measure(
  only: string | undefined,
): Promise<Measured & { readonly figures: readonly Figures[] }> {
  const root = mkdtempSync(join(tmpdir(), 'gated-release-bench-'));
  const goals: Goal[] = [];
  const figures: Figures[] = [];
  try {
    shell('restic init', { cwd: root, env: environment(root, 'template') });
    const cases = Object.entries(CASES).filter(([name]) => only === undefined || name === only);
    if (cases.length === 0) throw new Error(`--only takes one of ${Object.keys(CASES).join(', ')}`);
    for (const [, make] of cases) {
      const one = await make(root);
      try {
        const pairs = pairsOf(one, root);
        goals.push(...goalsOf(one.name, pairs));
        figures.push(...pairs.map((each) => figuresOf(one.name, each)));
      } finally {
        await one.remove();
      }
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return { goals, figures };
}

interface Pair {
  readonly ours: Timed;
  readonly bare: Timed;
}

/** Three at least; on a slow machine no more than there is time for. */
function pairsOf(one: Case, root: string): readonly Pair[] {
  const until = performance.now() + MOST_MS;
  const pairs: Pair[] = [];
  while (pairs.length < 3 || (pairs.length < one.pairs && performance.now() < until))
    pairs.push(pair(one, { root, n: pairs.length }));
  return pairs;
}

/** Who comes first changes from pair to pair. */
function pair(one: Case, { root, n }: { root: string; n: number }): Pair {
  const sides = {
    ours: () => ours(one, fresh(root, `ours-${n}`)),
    bare: () => bare(one, fresh(root, `bare-${n}`), join(root, `restored-${n}`)),
  };
  const first = n % 2 === 0 ? sides.ours() : sides.bare();
  const second = n % 2 === 0 ? sides.bare() : sides.ours();
  const found = n % 2 === 0 ? { ours: first, bare: second } : { ours: second, bare: first };
  process.stderr.write(`${one.name}: ours ${told(found.ours)}, by hand ${told(found.bare)}\n`);
  rmSync(join(root, `restored-${n}`), { recursive: true, force: true });
  return found;
}

function ours({ workspace, source, env }: Case, repository: Record<string, string>): Timed {
  const script = fileURLToPath(new URL('./backup/ours.js', import.meta.url));
  const ran = spawnSync(process.execPath, [script, workspace, JSON.stringify(source)], {
    env: { ...process.env, ...env, ...repository },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (ran.status !== 0) throw new Error('our side failed');
  return JSON.parse(ran.stdout) as Timed;
}

function bare(one: Case, repository: Record<string, string>, into: string): Timed {
  const env = { ...process.env, ...one.env, ...repository };
  const started = performance.now();
  shell(one.backup, { cwd: one.workspace, env });
  const backupMs = performance.now() - started;
  mkdirSync(into);
  shell(one.restore, { cwd: into, env });
  return { backupMs, cycleMs: performance.now() - started, megabytes: null };
}

function fresh(root: string, name: string): Record<string, string> {
  cpSync(join(root, 'template'), join(root, name), { recursive: true });
  return environment(root, name);
}

function environment(root: string, name: string): Record<string, string> {
  return {
    RESTIC_REPOSITORY: join(root, name),
    RESTIC_PASSWORD: 'bench',
    RESTIC_CACHE_DIR: join(root, `${name}-cache`),
  };
}

function shell(script: string, { cwd, env }: { cwd: string; env: Record<string, string | undefined> }): void {
  const ran = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (ran.status !== 0) throw new Error(`this failed: ${script}`);
}

function goalsOf(name: string, pairs: readonly Pair[]): readonly Goal[] {
  const ratio = (of: (timed: Timed) => number) => median(pairs.map(({ ours, bare }) => of(ours) / of(bare)));
  const megabytes = Math.max(...pairs.map(({ ours }) => ours.megabytes ?? Number.NaN));
  return [
    atMost(
      `${name}-backup`,
      ratio(({ backupMs }) => backupMs),
      MOST_BACKUP,
      'time to take it, against the bare command',
    ),
    atMost(
      `${name}-cycle`,
      ratio(({ cycleMs }) => cycleMs),
      MOST_CYCLE,
      'time until it is proved identical, against the bare commands there and back',
    ),
    atMost(`${name}-memory`, megabytes, MOST_MEGABYTES, 'megabytes of our process at its largest'),
  ];
}

function figuresOf(name: string, { ours, bare }: Pair): Figures {
  const { megabytes } = ours;
  return {
    case: name,
    backupMs: Math.round(ours.backupMs),
    bareBackupMs: Math.round(bare.backupMs),
    cycleMs: Math.round(ours.cycleMs),
    bareCycleMs: Math.round(bare.cycleMs),
    megabytes: Math.round(megabytes ?? Number.NaN),
  };
}

function told({ backupMs, cycleMs, megabytes }: Timed): string {
  const memory = megabytes === null ? '' : ` with ${megabytes.toFixed(0)} MB`;
  return `${(backupMs / 1000).toFixed(1)} s, with the way back ${(cycleMs / 1000).toFixed(1)} s${memory}`;
}
