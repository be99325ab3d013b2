import picomatch from 'picomatch';

interface Rule {
  readonly owners: readonly string[];
  matches(path: string): boolean;
}

const HANDLE = /^@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\/[A-Za-z0-9._-]+)?$/;

/**
 * The owners of these files, each once, by the number of files that they own. For each file the last pattern that
 * matches counts, also one that takes the owners away. Owners by mail are left out: GitHub mentions no address.
 */
export function ownersOf(codeowners: string, files: readonly string[]): readonly string[] {
  const rules = codeowners.split(/\r?\n/).flatMap(ruleOf);
  const owned = new Map<string, number>();
  for (const file of new Set(files)) {
    for (const owner of rules.findLast((rule) => rule.matches(file))?.owners ?? []) {
      owned.set(owner, (owned.get(owner) ?? 0) + 1);
    }
  }
  return [...owned].sort(([, a], [, b]) => b - a).map(([owner]) => owner);
}

function ruleOf(line: string): readonly Rule[] {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return [];
  const [pattern = '', ...rest] = words(text);
  const comment = rest.findIndex((word) => word.startsWith('#'));
  const owners = (comment < 0 ? rest : rest.slice(0, comment)).filter((word) => HANDLE.test(word));
  const matches = matcherOf(pattern);
  return matches === null ? [] : [{ owners, matches }];
}

/** Words between spaces; a space with `\` before it belongs to its word. */
function words(text: string): readonly string[] {
  return [...text.matchAll(/(?:\\.|[^\s\\])+/g)].map(([word]) => word);
}

/**
 * As in `.gitignore`, but for what GitHub leaves out: negation, ranges in brackets, and `#` escaped at the start. A
 * pattern with a `/` before its end starts at the root; one that ends in `/` or names a directory covers all below it;
 * `docs/*` covers what is in `docs` and nothing deeper.
 */
function matcherOf(pattern: string): ((path: string) => boolean) | null {
  if (pattern.startsWith('!') || /^\\#/.test(pattern) || /\[.*\]/.test(pattern)) return null;
  const isDirectory = pattern.endsWith('/');
  const bare = pattern.replace(/^\//, '').replace(/\/$/, '').replaceAll('\\ ', ' ');
  if (bare === '') return null;
  const anchored = pattern.slice(0, -1).includes('/');
  const start = escaped(anchored ? bare : `**/${bare}`);
  // With a last part, since `apps/**` is `apps` itself as well.
  const below = `${start}/**/*`;
  const endsInStar = bare.split('/').at(-1)?.includes('*') === true;
  const globs = isDirectory ? [below] : endsInStar ? [start] : [start, below];
  return picomatch(globs, { dot: true, nonegate: true, noextglob: true, nobrace: true });
}

/** Round brackets and the like are letters here. */
function escaped(glob: string): string {
  return glob.replace(/[()+|$@!{}]/g, '\\$&');
}
