import { chmodSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { Breath } from '../../breath.js';
import { BackupProblem } from '../../problem.js';
import type { SourceContext } from '../../provider.js';
import { parsePattern } from './patterns.js';
import { isWithin, surveyBroken } from './selection.js';
import { statIfThere } from './stat.js';
import { walk } from './walk.js';

/** What is put in place at once: a file, a link, or a directory with all below it. */
export interface Unit {
  /** Relative to the workspace. */
  readonly path: string;
  /** Of the restored one, which a rename keeps; null where the backup has nothing there. */
  readonly inode: string | null;
}

/** The topmost paths that patterns cover among what is live. */
export async function liveUnits(
  globs: readonly string[],
  context: SourceContext,
): Promise<readonly string[]> {
  const patterns = globs.map(parsePattern);
  const units: string[] = [];
  const breath = new Breath(context.signal);
  for (const { path } of surveyBroken(globs, context)) {
    if (breath.isDue()) await breath.take();
    if (isWithin(path, units.at(-1) ?? '/') || !patterns.some((pattern) => pattern.matches(path))) continue;
    units.push(path);
  }
  return units;
}

/**
 * What is to be swapped so that all that the patterns cover is as it was: the topmost paths that they cover, here or
 * there. A directory on the way that is missing by now is one, too. Those on the way in `restored` become writable,
 * so that things can be renamed out of them.
 */
export async function unitsOf(
  globs: readonly string[],
  { context, restored }: { readonly context: SourceContext; readonly restored: string },
): Promise<readonly Unit[]> {
  const patterns = globs.map(parsePattern);
  const units = new Map<string, string | null>();
  for (const path of await liveUnits(globs, context)) units.set(path, null);
  let last = '/';
  const leading: string[] = [];
  for await (const { path } of walk(restored, { signal: context.signal })) {
    if (isWithin(path, last)) continue;
    if (patterns.some((pattern) => pattern.matches(path)) || !isOnTheWay(path, context)) {
      units.set(path, inodeOf(`${restored}/${path}`));
      last = path;
    } else leading.push(`${restored}/${path}`);
  }
  for (const path of leading) chmodSync(path, 0o700);
  return [...units].map(([path, inode]) => ({ path, inode }));
}

/** Pairs of inode and path, each ended by NUL: for a shell as well as for us. */
export function writeUnits(file: string, units: readonly Unit[]): void {
  const text = units.map(({ inode, path }) => `${inode ?? ''}\0${path}\0`).join('');
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
}

/** Null when nothing was made ready to be swapped. */
export function readUnits(file: string): readonly Unit[] | null {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return null;
  const fields = readFileSync(file, 'utf8').split('\0').slice(0, -1);
  return Array.from({ length: fields.length / 2 }, (_, n) => {
    return { inode: fields[2 * n] || null, path: fields[2 * n + 1] ?? '' };
  });
}

/** As text, since it may be larger than a number holds; null when nothing is there. */
export function inodeOf(path: string): string | null {
  return statIfThere(path) === null ? null : lstatSync(path, { bigint: true }).ino.toString();
}

function isOnTheWay(path: string, { workspace }: SourceContext): boolean {
  const live = statIfThere(`${workspace}/${path}`);
  if (live === null) return false;
  if (live.isDirectory()) return true;
  throw new BackupProblem(
    'failed',
    `${JSON.stringify(path)} was a directory when the backup was taken and is none now, and the patterns do not cover it; bring it back by hand`,
  );
}
