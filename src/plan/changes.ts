import { isTree, type Path, showPath, type Tree } from './path.js';

/** One key of a plan that says something else than before; null where it was, or is now, not there. */
export interface PlanChange {
  /** `canary.steps[0].weight` */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

const LONGEST = 80;

/** What changed between two plans as they are written. */
export function planChanges(before: Tree, after: Tree): readonly PlanChange[] {
  return compare(before, after, []);
}

function compare(before: unknown, after: unknown, path: Path): readonly PlanChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isTree(before) && isTree(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => compare(before[key], after[key], [...path, key]));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((each, index) => compare(each, after[index], [...path, index]));
  }
  return [{ path: showPath(path), before: shown(before), after: shown(after) }];
}

function shown(value: unknown): string | null {
  if (value === undefined) return null;
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/g, ' ');
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
