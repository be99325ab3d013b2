import { LineCounter, parseDocument } from 'yaml';
import { isTree, type Path, type Tree } from '../path.js';
import type { Problem } from '../problem.js';
import { problemAt } from './problem-at.js';
import { DEEPEST, findStructureProblems, MOST_ALIASES, TOO_DEEP, tooManyAliases } from './structure.js';
import { findSyntaxProblems } from './syntax.js';
import { traceIn } from './trace.js';

const LARGEST = 1024 * 1024;

/** A plan file as data, and where in the file each part stands. */
export interface PlanDocument {
  readonly tree: Tree;
  /** How many keys of the path the file holds, and the line (1-based) of the last of them. */
  trace(path: Path): { readonly depth: number; readonly line: number };
}

type Outcome = { readonly document: PlanDocument } | { readonly problems: readonly Problem[] };

/** Reads YAML 1.2 without merge keys and tags. Bytes must be UTF-8, perhaps with a byte order mark. */
export function readDocument(content: string | Uint8Array): Outcome {
  const text = decode(content);
  if (typeof text !== 'string') return { problems: [text] };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    prettyErrors: false,
    // Compared pairwise by the library, which takes minutes on a large mapping; `structure.ts` does it once.
    uniqueKeys: false,
    lineCounter: lines,
  });
  const lineOf = (offset: number) => lines.linePos(offset).line;
  const syntax = findSyntaxProblems(document, lineOf);
  const problems = syntax.length > 0 ? syntax : findStructureProblems(document, lineOf);
  if (problems.length > 0) return { problems };
  const tree = toTree(() => document.toJS({ maxAliasCount: MOST_ALIASES }));
  if (!isTree(tree)) return { problems: [tree === null ? tooManyAliases(1) : notAMapping(tree)] };
  // Seen before only where it is written so; aliases put nests into nests.
  if (isDeeper(tree, DEEPEST)) return { problems: [problemAt(1, TOO_DEEP)] };
  return { document: { tree, trace: (path) => traceIn(document, path, lineOf) } };
}

function decode(content: string | Uint8Array): string | Problem {
  const size = typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
  if (size > LARGEST) {
    const remedy = 'Move long scripts into files and call them.';
    return problemAt(1, { rule: 'A plan is at most 1 MiB', found: `${size} bytes`, remedy });
  }
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  const broken = text.indexOf('\uFFFD');
  if (broken === -1) return text.replace(/^\uFEFF/, '');
  return problemAt(text.slice(0, broken).split('\n').length, {
    rule: 'A plan is UTF-8 text',
    found: 'bytes that are not UTF-8',
    remedy: 'Save the file as UTF-8.',
  });
}

/** null when there are more aliases than may be resolved, which the library tells by throwing. */
function toTree(convert: () => unknown): unknown {
  try {
    return convert() ?? '';
  } catch (error) {
    if (error instanceof ReferenceError) return null;
    throw error;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}

function notAMapping(value: unknown): Problem {
  const found = value === '' ? 'an empty file' : Array.isArray(value) ? 'a list' : 'a single value';
  return problemAt(1, {
    rule: 'A plan is a mapping of keys',
    found,
    remedy: 'Begin with for example `promote: ./deploy.sh "$RELEASE_TARGET_VERSION"`.',
  });
}
