import type { Finding } from './finding.js';
import { knownKeys } from './known-keys.js';
import { nearest } from './names.js';
import { isTree, type Path, type Tree } from './path.js';
import { OUTSIDE_SECTIONS, planFile } from './schema/file.js';
import { translate, unknownKey } from './translate.js';

export interface Sections {
  /** By environment, in the order of the file; empty when the plan has no `environments`. */
  readonly byName: ReadonlyMap<string, Tree>;
  readonly findings: readonly Finding[];
}

/** Each is read whole, and with each of the others when a change is checked. */
const MOST_ENVIRONMENTS = 50;

/** Reads `environments` of a whole plan. What a section says is judged later, as a part of the plan it makes. */
export function readSections(tree: Tree): Sections {
  if (!Object.hasOwn(tree, 'environments')) return { byName: new Map(), findings: [] };
  const environments = tree.environments;
  const { error } = planFile.shape.environments.safeParse(environments);
  const shape = translate(error?.issues ?? [], {
    schema: planFile.shape.environments,
    tree: environments,
  }).map(under);
  const written = Object.entries(isTree(environments) ? environments : {});
  const byName = new Map(
    written
      .slice(0, MOST_ENVIRONMENTS)
      .map(([name, section]) => [name, isTree(section) ? withoutOutsideKeys(section) : {}]),
  );
  const keys = [...byName.keys()].flatMap((name) => findKeyProblems(name, environments));
  const number = written.length > MOST_ENVIRONMENTS ? [tooMany(written.length)] : [];
  return { byName, findings: [...shape, ...number, ...keys] };
}

/** The finding for an environment that the plan does not have. */
export function unknownEnvironment(name: string, known: readonly string[]): Finding {
  const near = nearest(name, known);
  return {
    path: ['environment'],
    rule: `The environment \`${name}\` is not in the plan's \`environments\``,
    found: name,
    remedy: `${near === null ? '' : `Did you mean \`${near}\`? `}Known: ${known.join(', ')}. Add \`${name}: {}\` under \`environments\` if it is one.`,
  };
}

function tooMany(count: number): Finding {
  return {
    path: ['environments'],
    rule: `A plan has at most ${MOST_ENVIRONMENTS} environments`,
    found: `${count} of them`,
    remedy: 'Give each group of environments a plan file of its own.',
  };
}

function under(finding: Finding): Finding {
  return { ...finding, path: ['environments', ...finding.path] };
}

function withoutOutsideKeys(section: Tree): Tree {
  return Object.fromEntries(Object.entries(section).filter(([key]) => !OUTSIDE_SECTIONS.includes(key)));
}

function findKeyProblems(name: string, environments: unknown): Finding[] {
  const section = isTree(environments) ? environments[name] : null;
  if (!isTree(section)) return [];
  const outside = OUTSIDE_SECTIONS.filter((key) => Object.hasOwn(section, key)).map((key) => ({
    path: ['environments', name, key],
    rule: `\`${key}\` stands at the top of the plan, not in the section of an environment`,
    remedy: 'Move it to the top, or remove it.',
  }));
  return [...outside, ...findUnknownNulls({ tree: withoutOutsideKeys(section), path: [], name })];
}

/** A null removes its key in the merge, and would take a misspelt key with it unseen. */
function findUnknownNulls(options: {
  readonly tree: Tree;
  readonly path: Path;
  readonly name: string;
}): Finding[] {
  const { tree, path, name } = options;
  const known =
    knownKeys(planFile, path)?.filter((key) => path.length > 0 || !OUTSIDE_SECTIONS.includes(key)) ?? null;
  return Object.entries(tree).flatMap(([key, value]) => {
    if (isTree(value)) return findUnknownNulls({ tree: value, path: [...path, key], name });
    if (value !== null || known === null || known.includes(key)) return [];
    return [unknownKey(['environments', name, ...path, key], known)];
  });
}
