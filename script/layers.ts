import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';

/** A room of the house, what it may import from which other room, and why. */
interface Room {
  readonly may: readonly string[];
  readonly why: string;
}

const CONTRACTS = [
  'host/contract',
  'metrics/contract',
  'traffic/contract',
  'backup/contract',
  'evidence/contract',
  'github/contract',
];
const PROVIDER = 'providers measure or move; they neither judge nor decide';

const ROOMS: Readonly<Record<string, Room>> = {
  plan: { may: [], why: 'the plan is pure: it knows nothing of what carries it out' },
  judge: {
    may: ['plan/', 'metrics/contract', 'evidence/contract'],
    why: 'the judge is a pure function of samples and evidence',
  },
  host: { may: [], why: 'the machine knows nothing of releases' },
  metrics: { may: ['plan/', 'host/'], why: PROVIDER },
  traffic: { may: ['plan/', 'host/contract'], why: PROVIDER },
  backup: { may: ['plan/', 'host/contract'], why: PROVIDER },
  evidence: { may: ['plan/', 'host/contract'], why: PROVIDER },
  github: {
    may: ['plan/', 'host/contract'],
    why: 'GitHub is an adapter: the engine decides what is written',
  },
  release: { may: ['plan/', 'judge/', ...CONTRACTS], why: 'the engine knows the world by contracts only' },
  gates: {
    may: ['plan/', 'release/', 'github/contract'],
    why: 'a gate is a pure function of facts that others gathered',
  },
  report: { may: ['plan/', 'judge/', 'release/', 'gates/'], why: 'a report is a pure function of the state' },
  stages: {
    may: ['plan/', 'judge/', 'release/', 'gates/', 'report/', ...CONTRACTS],
    why: 'stages decide, and reach the world by contracts only, so that they can run over another one',
  },
};

/** Rooms without input or output: what they import from Node must not read or change anything. */
const PURE = ['plan', 'judge', 'release', 'gates', 'report'];
const PURE_NODE = ['node:crypto', 'node:util', 'node:path'];

/** Packages that one place alone may know. */
const PACKAGES: readonly { readonly name: RegExp; readonly only: string }[] = [
  { name: /^@octokit\//, only: 'github/' },
  { name: /^@date-fns\/tz$/, only: 'plan/windows/' },
  { name: /^saxes$/, only: 'evidence/junit/' },
];

export interface Import {
  /** Relative to `src/`, without extension. */
  readonly from: string;
  readonly to: string;
  readonly external: boolean;
}

/** All imports under `src/`, type imports included: a type is knowledge, too. */
export function importsOf(src: string): readonly Import[] {
  return files(src).flatMap((file) => {
    const from = moduleName(src, file);
    const text = readFileSync(file, 'utf8');
    return [
      ...text.matchAll(/^(?:import|export)[^;]*?from '([^']+)';|^import '([^']+)';|import\('([^']+)'\)/gm),
    ].map((match) => {
      const specifier = match[1] ?? match[2] ?? match[3] ?? '';
      const external = !specifier.startsWith('.');
      const to = external ? specifier : posix.join(posix.dirname(from), specifier).replace(/\.js$/, '');
      return { from, to, external };
    });
  });
}

/** What is wrong with the layers, each with its reason; empty when nothing is. */
export function layerProblems(imports: readonly Import[]): readonly string[] {
  return [...imports.flatMap(problemsOf), ...cycles(imports)];
}

function problemsOf(edge: Import): readonly string[] {
  return edge.external ? packageProblems(edge) : roomProblems(edge);
}

function roomProblems({ from, to }: Import): readonly string[] {
  const room = roomOf(from);
  const rules = ROOMS[room];
  if (room === '') return [];
  if (!rules)
    return [`src/${from}: the folder ${room}/ has no rule; add it to script/layers.ts with its reason`];
  if (roomOf(to) === room || rules.may.some((allowed) => to.startsWith(allowed))) return [];
  return [`src/${from} must not import src/${to}: ${rules.why}`];
}

function packageProblems({ from, to }: Import): readonly string[] {
  const owner = PACKAGES.find((one) => one.name.test(to));
  if (owner && !from.startsWith(owner.only))
    return [`src/${from} must not import ${to}: only src/${owner.only} knows it`];
  if (PURE.includes(roomOf(from)) && to.startsWith('node:') && !PURE_NODE.includes(to)) {
    return [`src/${from} must not import ${to}: ${roomOf(from)}/ is pure`];
  }
  return [];
}

function cycles(imports: readonly Import[]): readonly string[] {
  const next = new Map<string, string[]>();
  for (const { from, to, external } of imports)
    if (!external) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (module: string, path: readonly string[]): void => {
    const at = path.indexOf(module);
    if (at >= 0) found.push(`import cycle: ${[...path.slice(at), module].join(' → ')}`);
    if (at >= 0 || done.has(module)) return;
    for (const to of next.get(module) ?? []) visit(to, [...path, module]);
    done.add(module);
  };
  for (const module of next.keys()) visit(module, []);
  return found;
}

function roomOf(module: string): string {
  return module.includes('/') ? (module.split('/')[0] ?? '') : '';
}

function moduleName(src: string, file: string): string {
  return relative(src, file).split('\\').join('/').replace(/\.ts$/, '');
}

function files(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return files(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

export function sourceDirectory(root: string): string {
  return join(root, 'src');
}
