import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { pathMatcher } from '../../plan/globs.js';
import { EvidenceProblem } from '../contract.js';
import { isInside } from './inside.js';

/** A file that a pattern matches, as it was when it was looked at. */
export interface Spotted {
  /** From the directory of the patterns, with `/`. */
  readonly path: string;
  /** Changes when the file is written, replaced or moved here; cannot be set back as a time can. */
  readonly identity: string;
  readonly modifiedMs: number;
}

/** Files that are looked at for one pattern, and files that it may match. */
const MOST_LOOKED_AT = 500_000;
const MOST_MATCHES = 10_000;

/** All files that the patterns match, each once, by path. Links to directories are not entered. */
export async function findReports(
  patterns: readonly string[],
  directory: string,
): Promise<readonly Spotted[]> {
  const found = new Map<string, Spotted>();
  for (const pattern of patterns) {
    for (const path of await matches(pattern, directory)) {
      const spotted = found.has(path) ? null : await spot(directory, path);
      if (spotted !== null) found.set(path, spotted);
    }
  }
  if (found.size > MOST_MATCHES) {
    throw new EvidenceProblem(
      'evidence-too-large',
      `${shown(patterns)} matches ${found.size} files, and at most ${MOST_MATCHES} are read; narrow it`,
    );
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** For messages: `"a.xml"` or `"a.xml", "b/*.xml"`. */
export function shown(patterns: readonly string[]): string {
  return patterns.map((pattern) => `"${pattern}"`).join(', ');
}

async function matches(pattern: string, directory: string): Promise<readonly string[]> {
  const { isGlob, base } = picomatch.scan(pattern);
  if (!isGlob) return [pattern];
  if (!(await leadsInside(directory, base))) return [];
  const isMatch = pathMatcher([pattern]);
  const found: string[] = [];
  let looked = 0;
  const visit = async (below: string): Promise<void> => {
    for (const entry of await entriesOf(join(directory, below))) {
      if (++looked > MOST_LOOKED_AT) throw tooMany(pattern);
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && isEntered(entry.name, pattern)) await visit(path);
      else if (!entry.isDirectory() && isMatch(path)) found.push(path);
    }
  };
  await visit(base.replace(/\/$/, ''));
  return found;
}

/** Where a pattern begins is read through links, so it is looked at first where they lead to. */
async function leadsInside(directory: string, base: string): Promise<boolean> {
  const real = await realpath(join(directory, base)).catch(() => null);
  if (real === null) return false;
  if (isInside(await realpath(directory), real)) return true;
  throw new EvidenceProblem('evidence-outside', `"${base}" is a link that leads out of the workspace`);
}

/** What tools keep for themselves is no report, unless the pattern says so. */
function isEntered(name: string, pattern: string): boolean {
  return name !== '.git' && (name !== 'node_modules' || pattern.includes('node_modules'));
}

async function entriesOf(path: string): Promise<readonly Dirent[]> {
  // A directory that is gone or closed holds nothing that could be read; that nothing was found is told.
  return readdir(path, { withFileTypes: true }).catch(() => []);
}

async function spot(directory: string, path: string): Promise<Spotted | null> {
  const place = join(directory, path);
  const own = await lstat(place, { bigint: true }).catch(() => null);
  if (own === null) return null;
  const target = own.isSymbolicLink() ? await stat(place, { bigint: true }).catch(() => own) : own;
  return {
    path,
    identity: `${identityOf(own)} ${identityOf(target)}`,
    modifiedMs: Number(target.mtimeNs / 1_000_000n),
  };
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join('.');
}

function tooMany(pattern: string): EvidenceProblem {
  return new EvidenceProblem(
    'evidence-too-large',
    `"${pattern}" would have to look at more than ${MOST_LOOKED_AT} files; begin it with the directory of the reports`,
  );
}
