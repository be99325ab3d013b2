import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.js';
import { generatedProblems } from './generate.js';
import { importsOf, layerProblems, sourceDirectory } from './layers.js';

/** The bundle must stay small enough to be read and to start fast. */
const LARGEST_BUNDLE = 2_200_000;

const root = process.cwd();

/** Each check returns what is wrong; nothing wrong is an empty list. */
const CHECKS: readonly { readonly name: string; readonly run: () => readonly string[] }[] = [
  { name: 'types', run: () => tool('tsc', ['--project', 'tsconfig.tests.json']) },
  { name: 'lint', run: () => tool('biome', ['check', '--error-on-warnings', '.']) },
  { name: 'layers and cycles', run: () => layerProblems(importsOf(sourceDirectory(root))) },
  { name: 'generated tables', run: () => generatedProblems(root) },
  { name: 'plan schema and reference', run: () => own('plan-schema.js') },
  { name: 'schemas of the sandbox', run: () => own('schemas.js') },
  { name: 'lock file', run: lockProblems },
  { name: 'dist', run: distProblems },
];

let failed = false;
for (const check of CHECKS) {
  const problems = check.run();
  process.stdout.write(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${check.name}\n`);
  for (const problem of problems) process.stdout.write(`     ${problem}\n`);
  failed ||= problems.length > 0;
}
process.exitCode = failed ? 1 : 0;

function tool(name: string, args: readonly string[]): readonly string[] {
  return outputOf(join(root, 'node_modules', '.bin', name), args);
}

/** A generator of ours that can say whether what it makes is up to date. */
function own(script: string): readonly string[] {
  return outputOf(process.execPath, [join(root, 'lib', 'script', script), '--check']);
}

/** What a command says when it fails; nothing when it succeeds. */
function outputOf(command: string, args: readonly string[]): readonly string[] {
  const ran = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return ran.status === 0 ? [] : `${ran.stdout}${ran.stderr}`.trimEnd().split('\n');
}

function lockProblems(): readonly string[] {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
  return text.includes('"resolved"')
    ? ['package-lock.json holds download addresses; remove its "resolved" lines']
    : [];
}

/** Builds the bundle anew beside the committed one and compares every file, untracked ones included. */
function distProblems(): readonly string[] {
  const fresh = mkdtempSync(join(tmpdir(), 'gated-release-dist-'));
  try {
    const out = join(fresh, 'dist');
    const built = bundle(root, out);
    if (built.length > 0) return built;
    return [...compare(join(root, 'dist'), out), ...sizeProblems(join(out, 'index.js'))];
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function compare(committed: string, fresh: string): readonly string[] {
  const names = new Set([...(existsSync(committed) ? readdirSync(committed) : []), ...readdirSync(fresh)]);
  return [...names].flatMap((name) => {
    const [a, b] = [join(committed, name), join(fresh, name)];
    if (!existsSync(a)) return [`dist/${name} is missing; run: npm run build`];
    if (!existsSync(b)) return [`dist/${name} does not belong there; remove it`];
    return readFileSync(a).equals(readFileSync(b))
      ? []
      : [`dist/${name} is not what the source builds; run: npm run build`];
  });
}

function sizeProblems(bundle: string): readonly string[] {
  const { size } = statSync(bundle);
  return size <= LARGEST_BUNDLE ? [] : [`dist/index.js has ${size} bytes, more than ${LARGEST_BUNDLE}`];
}
