import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInside } from './files/inside.js';
import type { PlaceHint, Places } from './provider.js';

/** Files that are looked through for one that a report names without its directory. */
const MOST_FILES = 100_000;
/** Directories of what was installed or built; a test that failed is not in there. */
const NOT_SOURCES = new Set([
  '.git',
  'node_modules',
  'target',
  'build',
  'dist',
  '.venv',
  'venv',
  '__pycache__',
]);

/**
 * Reports name files as the tool saw them: absolute, as in another container, from the directory of the suite, as a
 * URL, or by their last part alone (Java, Go). What is not there, or could be two files, is no place: an annotation at the wrong line misleads.
 */
export function createPlaces({ directory, root }: { directory: string; root: string }): Places {
  const real = memo(async () => ({ directory: await realpath(directory), root: await realpath(root) }));
  const byName = memo(async () => filesByName((await real()).root));
  const known = new Map<string, Promise<string | null>>();
  return {
    find(written, hint = {}) {
      const key = JSON.stringify([written, hint.unit]);
      const found = known.get(key) ?? findPlace(written, { hint, real, byName });
      known.set(key, found);
      return found;
    },
  };
}

interface Sources {
  readonly hint: PlaceHint;
  readonly real: () => Promise<{ readonly directory: string; readonly root: string }>;
  readonly byName: () => Promise<ReadonlyMap<string, readonly string[]>>;
}

async function findPlace(written: string, { hint, real, byName }: Sources): Promise<string | null> {
  const path = pathOf(written);
  if (path === null) return null;
  const { directory, root } = await real();
  if (isAbsolute(path)) return (await below(root, path)) ?? elsewhere(path, await named(byName, path));
  const near = (await below(root, join(directory, path))) ?? (await below(root, join(root, path)));
  if (near !== null) return near;
  const candidates = (await named(byName, path)).filter((one) => endsWith(one, path));
  return only(candidates, () => true) ?? only(candidates, (one) => fits(one, hint));
}

/**
 * The file of another checkout: the longest end of its path that is a file here. A name alone is not enough: tools and
 * libraries have an `index.js`, too.
 */
function elsewhere(path: string, candidates: readonly string[]): string | null {
  const ends = candidates.filter((one) => one.includes('/') && path.endsWith(`/${one}`));
  return ends.sort((a, b) => b.length - a.length)[0] ?? null;
}

/** A file at this very place, from the root. */
async function below(root: string, path: string): Promise<string | null> {
  const place = await realpath(path).catch(() => null);
  return place !== null && isInside(root, place) && (await isFile(place)) ? relative(root, place) : null;
}

async function named(byName: Sources['byName'], path: string): Promise<readonly string[]> {
  return (await byName()).get(basename(path)) ?? [];
}

function only(paths: readonly string[], fits: (path: string) => boolean): string | null {
  const [first, ...others] = paths.filter(fits);
  return first !== undefined && others.length === 0 ? first : null;
}

function pathOf(written: string): string | null {
  if (written === '' || written.includes('\0')) return null;
  if (!/^[a-z][a-z0-9+.-]+:/i.test(written)) return written.replaceAll('\\', '/');
  try {
    return fileURLToPath(written);
  } catch {
    // Another kind of URL, or a path of another system: nothing on this machine.
    return null;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

function endsWith(path: string, end: string): boolean {
  const clean = end.replace(/^(\.\/)+/, '');
  return path === clean || path.endsWith(`/${clean}`);
}

/** `src/test/java/shop/CartTest.java` fits `shop.CartTest`, `shop/cart_test.go` fits `example.com/acme/shop`. */
function fits(path: string, { unit }: PlaceHint): boolean {
  if (unit === undefined) return false;
  const directories = dirname(path);
  const packages = unit.includes('/') ? unit : unit.replace(/\.[^.]+$/, '').replaceAll('.', '/');
  return (
    directories === packages || directories.endsWith(`/${packages}`) || packages.endsWith(`/${directories}`)
  );
}

async function filesByName(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, string[]>();
  let count = 0;
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(join(root, below), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (++count > MOST_FILES) return;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && !NOT_SOURCES.has(entry.name)) await visit(path);
      if (entry.isFile()) names.set(entry.name, [...(names.get(entry.name) ?? []), path]);
    }
  };
  await visit('');
  // With a part of the files alone, a name that seems to be the only one may not be.
  return count > MOST_FILES ? new Map() : names;
}

function memo<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
