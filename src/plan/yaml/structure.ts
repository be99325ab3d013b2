import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Problem } from '../problem.js';
import { problemAt } from './problem-at.js';

export const DEEPEST = 32;
const LONGEST = 1000;
/** Aliases may stand, and be resolved, this often in all: enough for shared values, too few for a bomb. */
export const MOST_ALIASES = 100;

export const TOO_DEEP = {
  rule: `A plan is at most ${DEEPEST} levels deep`,
  remedy: 'Remove the brackets that nest it further.',
} as const;

type LineOf = (offset: number) => number;

/** What valid YAML may hold, and a plan may not: other keys than text, keys twice, aliases in circles, endless nests. */
export function findStructureProblems(document: Document, lineOf: LineOf): Problem[] {
  const problems: Problem[] = [];
  let aliases = 0;
  visit(document, (_, node, ancestors) => {
    const line = lineOf(isNode(node) ? (node.range?.[0] ?? 0) : 0);
    const limit = isCollection(node)
      ? findLimitProblem(node.items.length, ancestors.filter(isCollection).length)
      : null;
    if (limit !== null) {
      problems.push(problemAt(line, limit));
      return visit.SKIP;
    }
    if (isMap(node)) problems.push(...findKeyProblems(node, lineOf));
    if (isAlias(node) && ++aliases > MOST_ALIASES) {
      problems.push(tooManyAliases(line));
      return visit.BREAK;
    }
    if (isAlias(node)) problems.push(...findAliasProblems(node, { document, ancestors, line }));
    return undefined;
  });
  return problems;
}

function findLimitProblem(items: number, depth: number): Omit<Problem, 'path' | 'line'> | null {
  if (depth >= DEEPEST) {
    return {
      rule: `A plan is at most ${DEEPEST} levels deep`,
      remedy: 'Remove the brackets that nest it further.',
    };
  }
  if (items > LONGEST) {
    return {
      rule: `A mapping or list in a plan has at most ${LONGEST} items`,
      found: `${items} items`,
      remedy: 'Shorten it, for example by patterns instead of single files.',
    };
  }
  return null;
}

function findKeyProblems(map: YAMLMap, lineOf: LineOf): Problem[] {
  const seen = new Map<string, number>();
  return map.items.flatMap(({ key }) => {
    const line = lineOf((isNode(key) ? key.range?.[0] : undefined) ?? 0);
    const name = isScalar(key) ? String(key.value) : null;
    if (name === null || name === '__proto__') return [notAKey(line)];
    const first = seen.get(name);
    if (first !== undefined) return [duplicate(name, { line, first })];
    seen.set(name, line);
    return [];
  });
}

function findAliasProblems(
  alias: Alias,
  at: { readonly document: Document; readonly ancestors: readonly unknown[]; readonly line: number },
): Problem[] {
  const target = alias.resolve(at.document);
  if (target !== undefined && !at.ancestors.includes(target)) return [];
  return [
    problemAt(at.line, {
      rule: 'An alias stands for a value before it, and not for one that it is part of',
      found: `*${alias.source}`,
      remedy: `Write the value out, or name it by \`&${alias.source}\` above; quote text that begins with \`*\`.`,
    }),
  ];
}

export function tooManyAliases(line: number): Problem {
  return problemAt(line, {
    rule: `Aliases (\`*name\`) are resolved at most ${MOST_ALIASES} times`,
    remedy: 'Write the values out, or use `environments`.',
  });
}

function notAKey(line: number): Problem {
  return problemAt(line, {
    rule: 'A key is plain text, and not `__proto__`',
    remedy: 'Write a name before the colon; quote text that begins with `{` or `[`.',
  });
}

function duplicate(name: string, lines: { readonly line: number; readonly first: number }): Problem {
  return problemAt(lines.line, {
    rule: `A key stands once in a mapping, and \`${name}\` is on line ${lines.first} already`,
    remedy: 'Remove one of the two.',
  });
}
