import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { isTree, type Path, type Tree } from './path.js';
import type { Problem } from './problem.js';

const LARGEST = 1024 * 1024;
/** Aliases may be resolved this often in all: enough for shared values, too few for a bomb. */
const ALIASES = 100;
const DEEPEST = 32;

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
  try {
    return readYaml(text);
  } catch (error) {
    // The parser is recursive, and counts aliases by throwing: both are only about the file, not about us.
    if (error instanceof RangeError) return { problems: [tooDeep(1)] };
    if (error instanceof ReferenceError) return { problems: [tooManyAliases()] };
    throw error;
  }
}

function readYaml(text: string): Outcome {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    prettyErrors: false,
    // Compared pairwise by the library, which takes minutes on a large mapping; `keyProblems` does it once.
    uniqueKeys: false,
    lineCounter: lines,
  });
  const lineOf = (offset: number) => lines.linePos(offset).line;
  const problems = [
    ...[...document.errors, ...document.warnings].map((error) => syntaxProblem(error, lineOf(error.pos[0]))),
    ...versionProblems(document),
    ...keyProblems(document, lineOf),
  ];
  if (problems.length > 0) return { problems };
  const tree: unknown = document.toJS({ maxAliasCount: ALIASES });
  if (!isTree(tree)) return { problems: [notAMapping(tree)] };
  return { document: { tree, trace: (path) => tracePath({ document, path, lineOf }) } };
}

function decode(content: string | Uint8Array): string | Problem {
  const size = typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
  if (size > LARGEST) {
    return problem(
      1,
      'A plan is at most 1 MiB',
      `${size} bytes`,
      'Move long scripts into files and call them.',
    );
  }
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  const broken = text.indexOf('\uFFFD');
  if (broken !== -1) {
    const line = text.slice(0, broken).split('\n').length;
    return problem(line, 'A plan is UTF-8 text', 'bytes that are not UTF-8', 'Save the file as UTF-8.');
  }
  return text.replace(/^\uFEFF/, '');
}

function syntaxProblem(
  error: Document['errors'][number] | Document['warnings'][number],
  line: number,
): Problem {
  if (error.code === 'TAB_AS_INDENT') {
    return problem(line, 'YAML is indented by spaces', 'a tab', 'Replace the tab by spaces.');
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return problem(
      line,
      'A file holds one plan',
      'a second document',
      'Remove `---` and what follows, or move it to a file of its own.',
    );
  }
  if (error.code === 'TAG_RESOLVE_FAILED') {
    return problem(
      line,
      'Tags (`!name`) are not read in a plan',
      undefined,
      'Remove the tag, or quote the text that begins with `!`.',
    );
  }
  return problem(
    line,
    `A plan is valid YAML: ${error.message.replace(/\.?$/, '')}`,
    undefined,
    'Mend this line or the one before it; quote text that contains `: `, ` #`, `{` or `*`.',
  );
}

/** Under YAML 1.1, `on`, `no` and `010` would mean something else than what they seem to say. */
function versionProblems(document: Document): Problem[] {
  const version = document.directives?.yaml;
  if (version?.explicit !== true || version.version === '1.2') return [];
  return [
    problem(1, 'A plan is YAML 1.2', `%YAML ${version.version}`, 'Remove the line that begins with `%YAML`.'),
  ];
}

function keyProblems(document: Document, lineOf: (offset: number) => number): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Node(_, node, ancestors) {
      if (isCollection(node) && ancestors.filter(isCollection).length >= DEEPEST) {
        problems.push(tooDeep(lineOf(node.range?.[0] ?? 0)));
        return visit.BREAK;
      }
      return undefined;
    },
    Map(_, node) {
      const seen = new Map<string, number>();
      for (const { key } of node.items) {
        const line = lineOf((isNode(key) ? key.range?.[0] : undefined) ?? 0);
        const name = isScalar(key) ? String(key.value) : null;
        const first = name === null ? undefined : seen.get(name);
        if (name === null || name === '__proto__') problems.push(notAKey(line));
        else if (first !== undefined) problems.push(duplicate({ name, line, first }));
        else seen.set(name, line);
      }
    },
  });
  return problems;
}

function tracePath(options: {
  readonly document: Document;
  readonly path: Path;
  readonly lineOf: (offset: number) => number;
}): { depth: number; line: number } {
  const { document, path, lineOf } = options;
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  let depth = 0;
  for (const key of path) {
    const child = childOf(isAlias(node) ? node.resolve(document) : node, key);
    if (child === null) break;
    node = child.node;
    offset = child.offset;
    depth++;
  }
  return { depth, line: lineOf(offset) };
}

function childOf(node: unknown, key: string | number): { node: unknown; offset: number } | null {
  if (isSeq(node) && typeof key === 'number') {
    const item = node.items[key];
    return isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : null;
  }
  if (!isMap(node)) return null;
  const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === key);
  return pair === undefined
    ? null
    : { node: pair.value, offset: isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0 };
}

function problem(line: number, rule: string, found: string | undefined, remedy: string): Problem {
  return { path: '', line, rule, ...(found === undefined ? {} : { found }), remedy };
}

function notAMapping(tree: unknown): Problem {
  const found =
    tree === null || tree === undefined ? 'an empty file' : Array.isArray(tree) ? 'a list' : 'a single value';
  return problem(
    1,
    'A plan is a mapping of keys',
    found,
    'Begin with for example `promote: ./deploy.sh "$RELEASE_TARGET_VERSION"`.',
  );
}

function tooDeep(line: number): Problem {
  return problem(
    line,
    `A plan is at most ${DEEPEST} levels deep`,
    undefined,
    'Remove the brackets that nest it further.',
  );
}

function tooManyAliases(): Problem {
  return problem(
    1,
    `Aliases (\`*name\`) are resolved at most ${ALIASES} times, and only after their anchor`,
    undefined,
    'Write the values out, or use `environments`.',
  );
}

function notAKey(line: number): Problem {
  return problem(
    line,
    'A key is plain text, and not `__proto__`',
    undefined,
    'Write a name before the colon; quote text that begins with `{` or `[`.',
  );
}

function duplicate(options: {
  readonly name: string;
  readonly line: number;
  readonly first: number;
}): Problem {
  const { name, line, first } = options;
  return problem(
    line,
    `A key stands once in a mapping, and \`${name}\` is on line ${first} already`,
    name,
    'Remove one of the two.',
  );
}
