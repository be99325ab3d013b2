import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { GitObject, ObjectType } from './reader.js';

/**
 * What git keeps in files of their own: new objects, and references until they are packed. A world of the tests is
 * made of nothing else, and is asked hundreds of times: reading a file here spares a process there.
 */

/** `unknown` where only git can tell: what is packed, abbreviated or spelt otherwise. */
export type Found = GitObject | null | 'unknown';

/** An object by its id, by a whole reference, or by either with `^{commit}`; null when there is none. */
export function looseObject(repository: string, revision: string): Found {
  const peeled = revision.endsWith('^{commit}');
  const name = peeled ? revision.slice(0, -'^{commit}'.length) : revision;
  const oid = /^[0-9a-f]{40}$/.test(name) ? name : looseReference(repository, name);
  if (oid === null || oid === 'unknown') return oid;
  const object = objectOf(repository, oid);
  if (!peeled || object === null || object === 'unknown' || object.type === 'commit') return object;
  return 'unknown';
}

/** The id that a reference holds; null when there is no such reference. */
export function looseReference(repository: string, name: string): string | null | 'unknown' {
  if (!/^refs(\/[\w-][\w.-]*)+$/.test(name) || /\.(\.|lock$|$)/.test(name)) return 'unknown';
  const text = textOf(join(repository, name));
  if (text !== null) return /^[0-9a-f]{40}\n$/.test(text) ? text.trim() : 'unknown';
  // Newer versions of git may keep all references in a table.
  const isElsewhere = ['packed-refs', 'reftable'].some((place) => existsSync(join(repository, place)));
  return isElsewhere ? 'unknown' : null;
}

/**
 * Moves one reference under the lock that git itself would take, so that it holds against pushes too. False when git
 * has to decide: nothing was changed then.
 */
export function moveReference(
  repository: string,
  change: { readonly name: string; readonly from: string | null; readonly to: string },
): boolean {
  const { name, from, to } = change;
  const target = looseObject(repository, to);
  if (target === null || target === 'unknown' || target.type !== 'commit') return false;
  const file = join(repository, name);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.lock`, `${to}\n`, { flag: 'wx' });
  } catch {
    // Somebody else holds it, or a reference stands where a directory is needed.
    return false;
  }
  try {
    if (looseReference(repository, name) === from) {
      renameSync(`${file}.lock`, file);
      return true;
    }
  } catch {
    // A directory stands where the reference would be.
  }
  rmSync(`${file}.lock`);
  return false;
}

function objectOf(repository: string, oid: string): Found {
  const objects = join(repository, 'objects');
  let packed: Buffer;
  try {
    packed = readFileSync(join(objects, oid.slice(0, 2), oid.slice(2)));
  } catch {
    return isAllLoose(objects) ? null : 'unknown';
  }
  const whole = inflateSync(packed);
  const end = whole.indexOf(0);
  const [type = '', size = ''] = whole.toString('latin1', 0, end).split(' ');
  return { oid, type: type as ObjectType, size: Number(size), data: whole.subarray(end + 1) };
}

function isAllLoose(objects: string): boolean {
  try {
    return (
      readdirSync(join(objects, 'pack')).length === 0 && textOf(join(objects, 'info/alternates')) === null
    );
  } catch {
    return false;
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
