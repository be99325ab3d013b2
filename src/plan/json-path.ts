/** Walks JSON by a path such as `a.b.0.c`: names of keys and numbers of list items. Undefined where there is nothing. */
export function valueAt(json: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => {
    if (typeof at !== 'object' || at === null) return undefined;
    return Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined;
  }, json);
}
