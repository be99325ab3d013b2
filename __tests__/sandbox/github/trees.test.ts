import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gitOutput, isolatedEnvironment } from '../../../sandbox/github/git/process.js';
import { GitStore } from '../../../sandbox/github/git/store.js';

let directory = '';
let store: GitStore;
let indexes = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sandbox-trees-'));
  await gitOutput(directory, ['init', '-q', '--bare']);
  store = new GitStore(directory);
});

afterAll(async () => {
  await store.stop();
  rmSync(directory, { recursive: true });
});

// Names around which git's order, directories as if they ended in a slash, differs from the plain one.
const name = fc.constantFrom('a', 'a.b', 'a-b', 'a0', 'b', 'ü');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const entry = fc.record({
  mode: fc.constantFrom('100644', '100755', '120000'),
  text: fc.string({ maxLength: 3 }),
});
const files = fc.dictionary(path, entry, { minKeys: 1, maxKeys: 8 });

test('a tree made in steps is the one that git makes of the same files', async () => {
  await fc.assert(
    fc.asyncProperty(files, files, async (first, second) => {
      const one = await store.editTree(null, changes(first));
      const two = await store.editTree(one, changes(second));
      expect(two).toBe(byGit([first, second]));
      const back = Object.keys(second).filter((each) => !clashes(each, Object.keys(second)));
      const gone = await store.editTree(
        two,
        back.map((each) => ({ path: each, entry: null })),
      );
      expect(gone).toBe(byGit([first, second], back));
    }),
    { numRuns: 15 },
  );
});

type Files = Readonly<Record<string, { readonly mode: string; readonly text: string }>>;

function changes(given: Files) {
  return Object.entries(distinct(given)).map(([each, { mode, text }]) => ({
    path: each,
    entry: { mode, oid: store.writeBlob(Buffer.from(text)) },
  }));
}

/** A path cannot be a file and a directory in one change. */
function distinct(given: Files): Files {
  const paths = Object.keys(given);
  return Object.fromEntries(Object.entries(given).filter(([each]) => !clashes(each, paths)));
}

function clashes(each: string, paths: readonly string[]): boolean {
  return paths.some((other) => other.startsWith(`${each}/`));
}

function byGit(steps: readonly Files[], removed: readonly string[] = []): string {
  indexes += 1;
  const env = { ...isolatedEnvironment(), GIT_INDEX_FILE: join(directory, `index-${indexes}`) };
  const git = (args: string[], input = '') => {
    const { status, stdout, stderr } = spawnSync('git', args, {
      cwd: directory,
      env,
      input,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  for (const step of steps) {
    const lines = changes(step).map(({ path: each, entry: { mode, oid } }) => `${mode} ${oid}\t${each}\n`);
    git(['update-index', '--add', '--replace', '--index-info'], lines.join(''));
  }
  const zeros = removed.map((each) => `0 ${'0'.repeat(40)}\t${each}\n`);
  git(['update-index', '--index-info'], zeros.join(''));
  return git(['write-tree']);
}
