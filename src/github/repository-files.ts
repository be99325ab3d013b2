import { listDifferences } from './differences.js';
import { nullWhen } from './errors.js';
import { TREE } from './git-ids.js';
import type { Objects, TreeEntry } from './objects.js';
import type { Trees } from './trees.js';

interface Reading {
  readonly objects: Objects;
  readonly trees: Trees;
}

/** Paths of the files that differ between two commits, all of them; null when one of the two does not exist. */
export async function changedPaths(
  reading: Reading,
  { base, head }: { readonly base: string | null; readonly head: string },
): Promise<readonly string[] | null> {
  if (base === null) return pathsOf(reading, head);
  const [from, to] = await Promise.all([treeOf(reading, base), treeOf(reading, head)]);
  if (from === null || to === null) return null;
  const roots = { base: from, ours: to, theirs: to };
  const { base: before, theirs: after } = await listDifferences(roots, (trees) =>
    reading.trees.read(trees, [from, to]),
  );
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter(
    (path) =>
      before.get(path)?.sha !== after.get(path)?.sha || before.get(path)?.mode !== after.get(path)?.mode,
  );
}

/** Paths of all files of a commit. Rejects as Octokit does. */
export async function pathsOf({ objects, trees }: Reading, commit: string): Promise<readonly string[]> {
  const root = (await objects.commit(commit)).tree;
  const found: string[] = [];
  let level = [{ path: '', sha: root }];
  while (level.length > 0) {
    const read = await trees.read(
      level.map(({ sha }) => sha),
      [root],
    );
    const entries = level.flatMap(({ path, sha }) =>
      (read.get(sha) ?? []).map((entry) => ({
        ...entry,
        path: path === '' ? entry.name : `${path}/${entry.name}`,
      })),
    );
    found.push(...entries.filter(({ mode }) => mode !== TREE).map(({ path }) => path));
    level = entries.filter(({ mode }) => mode === TREE);
  }
  return found.sort();
}

/** The text of a regular file at a commit; null when there is none. A symbolic link is none. */
export async function textAt(
  objects: Objects,
  { commit, path }: { readonly commit: string; readonly path: string },
): Promise<string | null> {
  let sha = commit;
  const names = path.split('/');
  for (const [depth, name] of names.entries()) {
    const entry: TreeEntry | undefined = (await objects.tree(sha)).find(
      (candidate) => candidate.name === name,
    );
    if (entry === undefined) return null;
    const isFolder = depth < names.length - 1;
    if (isFolder ? entry.mode !== TREE : !entry.mode.startsWith('100')) return null;
    sha = entry.sha;
  }
  return objects.text(sha);
}

async function treeOf({ objects }: Reading, commit: string): Promise<string | null> {
  return nullWhen(['not-found'], async () => (await objects.commit(commit)).tree);
}
