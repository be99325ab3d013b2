import type { DocumentRule } from '../plan/gate-keys.js';
import { pathMatcher } from '../plan/globs.js';
import { type GateVerdict, open, shut } from './verdict.js';

export interface DocumentFacts {
  /** Files that may ask for documents; null when they are not known. */
  readonly changed: readonly string[] | null;
  /** Files among which the documents may be: changed, and still there. null when they are not known. */
  readonly documented: readonly string[] | null;
  /** What it was compared with, for people. */
  readonly since: string;
}

const MOST_NAMED = 3;

/** Changed code comes with documents that were added or changed. */
export function judgeDocuments(rules: readonly DocumentRule[], facts: DocumentFacts): GateVerdict {
  const { changed, documented, since } = facts;
  if (changed === null || documented === null) {
    return shut('documents', {
      reason: 'documents-unknown',
      text: `which files changed since ${since} is not known`,
      opens: 'See whether that commit still exists in this repository',
    });
  }
  const missing = rules.flatMap((rule) => missingOf(rule, { changed, documented }));
  if (missing.length === 0)
    return open('documents', `the documents that the change asks for are there (since ${since})`);
  return shut('documents', {
    reason: 'documents-missing',
    text: `${missing.length === 1 ? 'a document was' : `${missing.length} documents were`} not changed (since ${since})`,
    opens: 'Whoever made the change adds them',
    evidence: missing.map(({ line }) => line),
    annotations: missing.map(({ path, line }) => ({
      ...{ path, line: 1, level: 'failure', title: 'A document is missing', message: line },
    })),
  });
}

function missingOf(
  { when, require, reason }: DocumentRule,
  { changed, documented }: { readonly changed: readonly string[]; readonly documented: readonly string[] },
): readonly { readonly path: string; readonly line: string }[] {
  const asking = changed.filter(pathMatcher(when));
  const [path] = asking;
  if (path === undefined) return [];
  const more = asking.length > MOST_NAMED ? ` and ${asking.length - MOST_NAMED} more` : '';
  const named = `${asking.slice(0, MOST_NAMED).join(', ')}${more}`;
  return require
    .filter((pattern) => !documented.some(pathMatcher([pattern])))
    .map((pattern) => ({
      path,
      line: `${named} changed, and nothing under ${pattern} was added or changed: ${reason}`,
    }));
}
