import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Listing } from '../../src/github/merge.js';
import type { TreeCase } from './tree-cases.js';

/**
 * Git before 2.49 looks for renames whatever it is told, so that the cases have to be such that it finds none; the
 * limit keeps it from comparing all files with all.
 */
const NO_RENAMES = ['-c', 'merge.renames=false', '-c', 'merge.renameLimit=1'];

/** A bare repository in which real git merges. */
export interface GitMerges {
  /** What git makes of each case: the id of the merged tree, `conflict`, or `empty`. */
  merge(cases: readonly TreeCase[]): readonly string[];
  remove(): void;
}

/**
 * All cases of a call are merged at once, each in a directory of its own: without renames what happens in one
 * directory is independent of the others.
 */
export function gitMerges(): GitMerges {
  const repository = mkdtempSync(join(tmpdir(), 'merges-'));
  git(repository, ['init', '--bare', '--quiet', '.']);
  return {
    merge: (cases) => {
      importHistory(repository, cases);
      const { tree, conflicts } = gitMerge(repository);
      const isConflict = new Set(conflicts.map((path) => path.split('/')[0]));
      const merged = new Map(
        git(repository, ['ls-tree', tree])
          .split('\n')
          .map((line): [string, string] => [line.slice(53), line.slice(12, 52)]),
      );
      return cases.map((_, index) => {
        const name = `c${index}`;
        return isConflict.has(name) ? 'conflict' : (merged.get(name) ?? 'empty');
      });
    },
    remove: () => rmSync(repository, { recursive: true }),
  };
}

/** What git makes of an imported history: the tree, and the files in conflict. */
export function gitMerge(repository: string, prefix = ''): { tree: string; conflicts: readonly string[] } {
  const args = [...NO_RENAMES, 'merge-tree', '--write-tree', '-z', '--name-only'];
  const [tree = '', ...rest] = git(
    repository,
    [...args, `${prefix}ours`, `${prefix}theirs`],
    '',
    [0, 1],
  ).split('\0');
  // The names of files in conflict come first, then an empty field, then messages.
  const end = rest.indexOf('');
  return { tree, conflicts: end < 0 ? [] : rest.slice(0, end) };
}

/**
 * Makes the branches of a history: `good` was promoted before, `base` is the release on top of it, `ours` the head
 * after several commits and a merge, and `theirs` takes `base` back to `good` by a commit on top of it.
 */
export function importHistory(repository: string, cases: readonly TreeCase[], prefix = ''): void {
  const blobs = new Map(cases.flatMap((each) => [...each.blobs]));
  const parts: (string | Buffer)[] = [];
  for (const content of blobs.values()) parts.push(`blob\ndata ${content.length}\n`, content, '\n');
  const side = (name: 'base' | 'ours' | 'theirs') => {
    const all = cases.flatMap((each, index) =>
      [...each[name]].map(([path, entry]): [string, typeof entry] => [`c${index}/${path}`, entry]),
    );
    // So that no tree is empty.
    return new Map([...all, ['z', { mode: '160000', sha: '9'.repeat(40) }]]);
  };
  const [base, ours, theirs] = [side('base'), side('ours'), side('theirs')];
  const commits = [
    { name: 'good', listing: theirs },
    { name: 'base', listing: base, parents: ['good'] },
    { name: 'aside', listing: theirs, parents: ['base'] },
    { name: 'first', listing: base, parents: ['base'] },
    { name: 'ours', listing: ours, parents: ['first', 'aside'] },
    { name: 'theirs', listing: theirs, parents: ['base'] },
  ];
  for (const each of commits) parts.push(commit(each, prefix));
  git(
    repository,
    ['fast-import', '--force', '--quiet'],
    Buffer.concat(parts.map((part) => Buffer.from(part))),
  );
}

function commit(of: { name: string; listing: Listing; parents?: readonly string[] }, prefix: string): string {
  const [from, merged] = of.parents ?? [];
  return [
    `reset refs/heads/${prefix}${of.name}`,
    `commit refs/heads/${prefix}${of.name}`,
    'committer a <a@b> 0 +0000',
    `data ${of.name.length}\n${of.name}`,
    ...(from === undefined ? [] : [`from refs/heads/${prefix}${from}`]),
    ...(merged === undefined ? [] : [`merge refs/heads/${prefix}${merged}`]),
    'deleteall',
    ...[...of.listing].map(([path, { mode, sha }]) => `M ${mode} ${sha} ${path}`),
    '\n',
  ].join('\n');
}

function git(cwd: string, args: readonly string[], input: string | Buffer = '', codes = [0]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const done = spawnSync('git', args, { cwd, env, input, maxBuffer: 256 * 2 ** 20 });
  if (!codes.includes(done.status ?? -1))
    throw new Error(`git ${args[0]}: exit ${done.status}\n${done.stderr}`);
  return done.stdout.toString().trimEnd();
}
