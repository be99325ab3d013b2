import type * as z from 'zod';
import type { Finding } from './finding.js';
import { knownKeys } from './known-keys.js';
import { nearest } from './names.js';
import { type Path, showPath, valueAt } from './path.js';
import type { Refusal } from './reading.js';
import { refuseVariables } from './schema/fields.js';

type Issue = z.core.$ZodIssue;

interface Context {
  readonly schema: z.ZodType;
  readonly tree: unknown;
}

/** Turns what the schema found into sentences. No text of the library is passed on. */
export function translate(issues: readonly Issue[], context: Context): Finding[] {
  return issues.flatMap((issue) => translateIssue(issue, [], context));
}

/** The finding for a key that nothing reads. */
export function unknownKey(path: Path, known: readonly string[]): Finding {
  const key = String(path.at(-1));
  if (known.includes(key)) return foreignKey(path);
  const near = nearest(key, known);
  return {
    path,
    rule: key === '<<' ? 'Merge keys (`<<`) are not read' : `The key \`${key}\` is not known`,
    remedy: `${near === null ? 'Remove it.' : `Did you mean \`${near}\`?`} Known here: ${known.join(', ')}.`,
  };
}

/** Known in another form of the same thing: `timeout` beside `url`. */
function foreignKey(path: Path): Finding {
  return {
    path,
    rule: `The key \`${String(path.at(-1))}\` does not go with the keys beside it`,
    remedy: 'Remove it, or the keys that it does not go with.',
  };
}

function translateIssue(issue: Issue, parent: Path, context: Context): Finding[] {
  const path = [...parent, ...issue.path.map(asKey)];
  switch (issue.code) {
    case 'invalid_union':
      return translateUnion(issue, path, context);
    case 'unrecognized_keys': {
      const known = knownKeys(context.schema, path) ?? [];
      return issue.keys.map((key) => unknownKey([...path, key], known));
    }
    case 'invalid_key':
      return issue.issues
        .flatMap((inner) => translateIssue(inner, path, context))
        .map((finding) => ({ ...finding, found: String(path.at(-1)) }));
    case 'custom':
      return [{ path, ...refusalOf(issue) }];
    default:
      return [expectation(issue, path, context)];
  }
}

/** Speaks of the form that the person meant: of the right type, and nearest by its keys. */
function translateUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, context: Context): Finding[] {
  const value = valueAt(context.tree, path);
  const [meant] = issue.errors
    .filter((branch) => !branch.some(isOtherType))
    .sort((a, b) => keyDistance(a, value) - keyDistance(b, value));
  if (meant === undefined) return [expectation(issue, path, context)];
  return meant.flatMap((each) => translateIssue(each, path, context));
}

function isOtherType(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some(isOtherType));
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

/** Foreign keys tell more about what was meant than missing ones; wrong values tell nothing. */
function keyDistance(branch: readonly Issue[], value: unknown): number {
  return branch.reduce((sum, issue) => {
    if (issue.path.length > 1) return sum;
    if (issue.path.length === 1) return valueAt(value, issue.path.map(asKey)) === undefined ? sum + 1 : sum;
    if (issue.code === 'unrecognized_keys') return sum + 2 * issue.keys.length;
    if (issue.code !== 'invalid_union') return sum;
    const forms = issue.errors.filter((each) => !each.some(isOtherType));
    return sum + Math.min(...forms.map((form) => keyDistance(form, value)));
  }, 0);
}

/** Schemas say in their message what they expect: `<what>, e.g. <example>`. */
function expectation(issue: Issue, path: Path, { tree }: Context): Finding {
  const [what = '', example] = issue.message.split(', e.g. ');
  const write = example === undefined ? `Write ${what}.` : `Write for example ${example}.`;
  const value = valueAt(tree, path);
  const variables = typeof value === 'string' ? refuseVariables(value) : null;
  if (variables !== null) return { path, ...variables };
  if (value === undefined)
    return { path, rule: `\`${showPath(path.slice(-1))}\` is missing here: ${what}`, remedy: write };
  if (value === null)
    return { path, rule: `This has no value, but must be ${what}`, remedy: `${write} Or remove the key.` };
  return { path, rule: `This must be ${what}`, remedy: write };
}

function refusalOf(issue: z.core.$ZodIssueCustom): Refusal {
  const { rule, remedy, found } = issue.params ?? {};
  return {
    rule: String(rule),
    remedy: String(remedy),
    ...(found === undefined ? {} : { found: String(found) }),
  };
}

function asKey(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}
