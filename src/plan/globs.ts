import picomatch from 'picomatch';
import { type Reading, refuse } from './reading.js';

/** `dot`: a hidden file under `config/**` belongs to it as any other. */
const OPTIONS = { dot: true } as const;

/** With more, one path of a few hundred characters can be matched in so many ways that a check hangs. */
const MOST_STARS = 4;
const MOST_GROUPS = 4;
const LONGEST = 200;

/** A pattern for paths relative to the root of the repository, with `/` between the parts. */
export function parseGlob(text: string): Reading<string> {
  const relative = 'Write it relative to the root of the repository, for example `shop/**`.';
  if (text.trim() === '') return refuse('A pattern is not empty', relative);
  if (/^\/|^[A-Za-z]:|^~/.test(text)) return refuse('A pattern is relative, not absolute', relative);
  if (text.split('/').includes('..'))
    return refuse('A pattern does not leave the repository by `..`', relative);
  if (text.includes('\\')) return refuse('A pattern has `/` between its parts and no `\\`', relative);
  if (/^!(?!\()/.test(text)) {
    return refuse(
      'A pattern does not begin with `!`, which would match everything else',
      'List what belongs to it instead.',
    );
  }
  if (isCostly(text)) {
    return refuse(
      `A pattern has at most ${LONGEST} characters, ${MOST_STARS} of \`*\`, \`**\` and \`+\`, ${MOST_GROUPS} groups, and repeats no group`,
      'Write several simpler patterns.',
    );
  }
  if (!compiles(text))
    return refuse('A pattern closes each bracket that it opens', 'Close or remove the bracket.');
  return { value: text.replace(/^\.\//, '') };
}

/** Whether a path (relative, with `/`) matches one of the patterns. No patterns match nothing. */
export function pathMatcher(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false;
  return picomatch([...globs], OPTIONS);
}

function isCostly(text: string): boolean {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const isRepeating = /[)\]}]\+|[+*]\(/.test(text);
  return (
    isRepeating || text.length > LONGEST || count(/\*+|\++/g) > MOST_STARS || count(/[({]/g) > MOST_GROUPS
  );
}

function compiles(glob: string): boolean {
  try {
    picomatch.makeRe(glob, { ...OPTIONS, strictBrackets: true });
    return true;
  } catch {
    // The library's message speaks of its own options; the caller says what is wrong.
    return false;
  }
}
