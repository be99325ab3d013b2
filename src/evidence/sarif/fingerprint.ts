import { createHash } from 'node:crypto';
import type { Tree } from '../../plan/path.js';
import { listAt, textAt, treeAt } from './read.js';

export interface Fingerprints {
  /** 16 hex digits, different for each result that is the same otherwise: two of them are one more than one. */
  of(result: Tree, about: { readonly rule: string; readonly path: string }): string;
}

/**
 * What a finding is known by in another release: the rule, the file, and what the tool gives for that purpose; where
 * it gives nothing, the code itself or the message. Never the line, which moves.
 */
export function createFingerprints(): Fingerprints {
  const seen = new Map<string, number>();
  return {
    of(result, { rule, path }) {
      const identity = JSON.stringify([rule, path, ...contentOf(result)]);
      const before = seen.get(identity) ?? 0;
      seen.set(identity, before + 1);
      return createHash('sha256').update(`${identity} ${before}`).digest('hex').slice(0, 16);
    },
  };
}

function contentOf(result: Tree): readonly string[] {
  for (const key of ['fingerprints', 'partialFingerprints']) {
    const given = Object.entries(treeAt(result, key)).filter(isFingerprint).sort();
    if (given.length > 0) return given.flat();
  }
  return [contextOf(result) || textAt(treeAt(result, 'message'), 'text')];
}

/** A sentence is none: Semgrep writes `requires login` in the place of each that it does not compute. */
function isFingerprint(entry: [string, unknown]): entry is [string, string] {
  const [, value] = entry;
  return typeof value === 'string' && /^\S{4,}$/.test(value);
}

/** The code that the finding is about, without its indentation. */
function contextOf(result: Tree): string {
  const [first] = listAt(result, 'locations');
  const physical = treeAt(first ?? {}, 'physicalLocation');
  return textAt(treeAt(treeAt(physical, 'region'), 'snippet'), 'text')
    .replace(/\s+/g, ' ')
    .trim();
}
