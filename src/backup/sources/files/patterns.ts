import picomatch from 'picomatch';
import { BackupProblem } from '../../problem.js';

/** `s`: a name may hold a line feed, and a wildcard must not stop there. */
const OPTIONS = { dot: true, nonegate: true, flags: 's' } as const;

export interface Pattern {
  /** As text in the plan. */
  readonly text: string;
  /** The part before the first wildcard: nothing outside of it can match. Empty: anything can. */
  readonly base: string;
  /** True for what the pattern names and for all that lies below it. */
  matches(path: string): boolean;
  /** True when the pattern is this very path, not a wildcard that covers it. */
  names(path: string): boolean;
}

/** Reads one of a plan's `files`. A pattern that could reach outside of the workspace is refused. */
export function parsePattern(text: string): Pattern {
  const glob = normalise(text);
  const isMatch = picomatch([glob, `${glob}/**`], OPTIONS);
  const scanned = picomatch.scan(glob);
  return {
    text,
    base: scanned.isGlob ? scanned.base : glob,
    matches: (path) => isMatch(path) || path === glob || path.startsWith(`${glob}/`),
    names: (path) => path === glob,
  };
}

function normalise(text: string): string {
  const parts = text.split('/').filter((part, index) => part !== '.' && (part !== '' || index === 0));
  if (text === '' || parts[0] === '' || parts.includes('..')) {
    throw new BackupProblem(
      'failed',
      `the pattern ${JSON.stringify(text)} must be relative to the workspace and stay inside it; write it without a leading / and without ..`,
    );
  }
  return parts.length === 0 ? '**' : parts.join('/');
}
