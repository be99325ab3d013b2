/** Keys and indexes from the root of the plan to a value. */
export type Path = readonly (string | number)[];

/** A mapping as YAML gives it: any values below. */
export type Tree = Readonly<Record<string, unknown>>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `canary.steps[0].weight`; a key with other characters is quoted. */
export function showPath(path: Path): string {
  return path.reduce<string>((shown, key) => {
    if (typeof key === 'number') return `${shown}[${key}]`;
    if (!/^[\w-]+$/.test(key)) return `${shown}[${JSON.stringify(key)}]`;
    return shown === '' ? key : `${shown}.${key}`;
  }, '');
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined;
    return isTree(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
  }, root);
}

export function startsWith(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => key === path[index]);
}
