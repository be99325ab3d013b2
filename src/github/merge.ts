/** What stands at a path: a file, a symbolic link or a submodule. A directory is the paths under it. */
export interface Entry {
  readonly mode: string;
  /** Id of the blob, of the commit for a submodule. */
  readonly sha: string;
}

/** Path → entry, with `/` between names. */
export type Listing = ReadonlyMap<string, Entry>;

export interface Change {
  readonly path: string;
  /** null takes the path away. */
  readonly entry: Entry | null;
}

/** What may happen to a path: it may go back, must stay as it is although it belongs to it, or does not belong. */
export type Scope = 'free' | 'kept' | 'outside';

export interface Merge {
  readonly changes: readonly Change[];
  /** Paths changed on both sides in different ways, and files that a directory would have to replace. */
  readonly conflicts: readonly string[];
  /** `kept` paths that would have changed. */
  readonly left: readonly string[];
  /** `outside` paths that would have changed. */
  readonly outside: readonly string[];
}

/**
 * Decides a three-way merge by whole entries: a path that differs from `base` to `theirs` takes their entry where ours
 * is still the base's, is done where ours is theirs already, and is a conflict otherwise. File contents are never
 * merged. `base` and `theirs` must list each path at which they differ; `ours` must list each of those paths, and all
 * that stands above or beneath one.
 */
export function mergeListings(sides: {
  readonly base: Listing;
  readonly ours: Listing;
  readonly theirs: Listing;
  readonly scope: (path: string) => Scope;
}): Merge {
  const { base, ours, theirs, scope } = sides;
  const wanted = [...new Set([...base.keys(), ...theirs.keys()])]
    .filter((path) => !isSame(base.get(path), theirs.get(path)) && !isSame(ours.get(path), theirs.get(path)))
    .sort();
  const free = wanted.filter((path) => scope(path) === 'free');
  const changes = free
    .filter((path) => isSame(ours.get(path), base.get(path)))
    .map((path) => ({ path, entry: theirs.get(path) ?? null }));
  const diverged = free.filter((path) => !isSame(ours.get(path), base.get(path)));
  return {
    changes,
    conflicts: [...new Set([...diverged, ...collisions(ours, changes)])].sort(),
    left: wanted.filter((path) => scope(path) === 'kept'),
    outside: wanted.filter((path) => scope(path) === 'outside'),
  };
}

export function isSame(a: Entry | undefined, b: Entry | undefined): boolean {
  return a?.sha === b?.sha && a?.mode === b?.mode;
}

/** Paths that would be a file and a directory at once. */
function collisions(ours: Listing, changes: readonly Change[]): readonly string[] {
  const result = new Set(ours.keys());
  for (const { path, entry } of changes) {
    if (entry === null) result.delete(path);
    else result.add(path);
  }
  return [...result].flatMap((path) => {
    const above = parentsOf(path).find((parent) => result.has(parent));
    return above === undefined ? [] : [above, path];
  });
}

/** The directories above a path, outermost first. */
export function parentsOf(path: string): readonly string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}
