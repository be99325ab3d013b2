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

/** A file that both sides changed: its three contents, and the mode that it gets. */
export interface ContentMerge {
  readonly path: string;
  readonly mode: string;
  /** Ids of blobs; null where both sides made the file. */
  readonly base: string | null;
  readonly theirs: string;
  readonly ours: Entry;
}

export interface Conflict {
  readonly path: string;
  /** What stands against what, as the end of a sentence about the path. */
  readonly why: string;
}

/** What may happen to a path: it may go back, must stay as it is although it belongs to it, or does not belong. */
export type Scope = 'free' | 'kept' | 'outside';

export interface Merge {
  readonly changes: readonly Change[];
  /** Files whose contents have still to be merged; each becomes a change or a conflict. */
  readonly contents: readonly ContentMerge[];
  readonly conflicts: readonly Conflict[];
  /** `kept` paths that would have changed. */
  readonly left: readonly string[];
  /** `outside` paths that would have changed. */
  readonly outside: readonly string[];
}

/**
 * Decides a three-way merge as git does without looking for renames: a path that differs from `base` to `theirs` takes
 * their entry where ours is still the base's, and is done where ours is theirs already. Where both changed it, modes
 * and contents are merged each for itself, and what cannot be merged is a conflict; so is a file that has another name
 * in `ours` by now. `base` and `theirs` must list each path at which they differ; `ours` must list each of those paths,
 * and all that stands above or beneath one.
 */
export function mergeListings(sides: {
  readonly base: Listing;
  readonly ours: Listing;
  readonly theirs: Listing;
  readonly scope: (path: string) => Scope;
  /** Old → new path of what was renamed from `base` to `ours`. */
  readonly renamed?: ReadonlyMap<string, string>;
}): Merge {
  const { base, ours, theirs, scope, renamed = new Map() } = sides;
  const movedAway = (path: string) => base.has(path) && !ours.has(path) && renamed.has(path);
  const wanted = [...new Set([...base.keys(), ...theirs.keys()])]
    .filter((path) => !isSame(base.get(path), theirs.get(path)))
    .filter((path) => !isSame(ours.get(path), theirs.get(path)) || movedAway(path))
    .sort();
  const changes: Change[] = [];
  const contents: ContentMerge[] = [];
  const conflicts: Conflict[] = [];
  for (const path of wanted.filter((candidate) => scope(candidate) === 'free')) {
    if (movedAway(path)) {
      conflicts.push({ path, why: `was renamed to "${renamed.get(path)}" after the release` });
      continue;
    }
    const decided = decide({ base: base.get(path), ours: ours.get(path), theirs: theirs.get(path) });
    if ('why' in decided) conflicts.push({ path, ...decided });
    else if ('contents' in decided) contents.push({ path, ...decided.contents });
    else if (!isSame(ours.get(path), decided.entry ?? undefined)) changes.push({ path, ...decided });
  }
  const named = new Set(conflicts.map(({ path }) => path));
  for (const collision of collisions(ours, changes))
    if (!named.has(collision.path)) conflicts.push(collision);
  return {
    changes,
    contents,
    conflicts: conflicts.sort(byPath),
    left: wanted.filter((path) => scope(path) === 'kept'),
    outside: wanted.filter((path) => scope(path) === 'outside'),
  };
}

export function isSame(a: Entry | undefined, b: Entry | undefined): boolean {
  return a?.sha === b?.sha && a?.mode === b?.mode;
}

export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}

export function pathsOf(items: readonly { readonly path: string }[]): readonly string[] {
  return items.map(({ path }) => path);
}

/** The directories above a path, outermost first. */
export function parentsOf(path: string): readonly string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

interface Three {
  readonly base: Entry | undefined;
  readonly ours: Entry | undefined;
  readonly theirs: Entry | undefined;
}

type Decided =
  | { readonly entry: Entry | null }
  | { readonly contents: Omit<ContentMerge, 'path'> }
  | { readonly why: string };

function decide({ base, ours, theirs }: Three): Decided {
  if (isSame(ours, base)) return { entry: theirs ?? null };
  if (ours === undefined) return { why: 'was taken away after the release, and would have to go back' };
  if (theirs === undefined) return { why: 'came with the release, and was changed after it' };
  if (kindOf(ours) !== kindOf(theirs)) {
    return { why: `is ${kindOf(ours)} on the branch, and would have to become ${kindOf(theirs)}` };
  }
  const mode = chosen({ base: base?.mode, ours: ours.mode, theirs: theirs.mode });
  if (mode === null) return { why: 'got one mode after the release, and would have to get another' };
  const sha = chosen({ base: base?.sha, ours: ours.sha, theirs: theirs.sha });
  if (sha !== null) return { entry: { mode, sha } };
  if (kindOf(ours) !== FILE) return { why: `is ${kindOf(ours)} that was changed on both sides` };
  const isFileOfBase = base !== undefined && kindOf(base) === FILE;
  return { contents: { mode, base: isFileOfBase ? base.sha : null, ours, theirs: theirs.sha } };
}

/** Of three values the one that changed, or null where both did, in different ways. */
function chosen(of: {
  readonly base: string | undefined;
  readonly ours: string;
  readonly theirs: string;
}): string | null {
  if (of.ours === of.theirs || of.ours === of.base) return of.theirs;
  return of.theirs === of.base ? of.ours : null;
}

const FILE = 'a file';
const KINDS: Readonly<Record<string, string>> = { '120000': 'a symbolic link', '160000': 'a submodule' };

function kindOf({ mode }: Entry): string {
  return KINDS[mode] ?? FILE;
}

/** Paths that would be a file and a directory at once. */
function collisions(ours: Listing, changes: readonly Change[]): readonly Conflict[] {
  const result = new Set(ours.keys());
  for (const { path, entry } of changes) {
    if (entry === null) result.delete(path);
    else result.add(path);
  }
  const found = new Map<string, Conflict>();
  for (const path of result) {
    const above = parentsOf(path).find((parent) => result.has(parent));
    if (above === undefined) continue;
    found.set(above, { path: above, why: 'would be a file and a directory at once' });
    found.set(path, { path, why: `stands in a directory, where "${above}" would be a file` });
  }
  return [...found.values()];
}
