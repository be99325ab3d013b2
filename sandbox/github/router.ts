import type { Route } from './call.js';
import { routes } from './routes.js';
import { operations } from './validation.js';

export interface Match {
  readonly route: Route;
  /** Decoded. */
  readonly path: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly route: Route;
  readonly method: string;
  readonly expression: RegExp;
  readonly names: readonly string[];
}

/** These may hold slashes. */
const WHOLE_PATHS = new Set(['basehead', 'branch', 'ref']);

let patterns: readonly Pattern[] | null = null;

/** The route of a request; null when the sandbox has none. Throws `URIError` for a path that is not well encoded. */
export function findRoute(method: string, pathname: string): Match | null {
  patterns ??= compile();
  for (const pattern of patterns) {
    if (pattern.method !== method) continue;
    const found = pattern.expression.exec(pathname);
    if (found === null) continue;
    const path = pattern.names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]);
    return { route: pattern.route, path: Object.fromEntries(path) };
  }
  return null;
}

/** Longer templates first: `/commits/{ref}` would take `/commits/{ref}/status` for a branch name. */
function compile(): Pattern[] {
  return routes
    .map((route) => {
      const operation = operations()[route.operation];
      if (operation === undefined)
        throw new Error(`The route ${route.operation} is not in the published description.`);
      const names: string[] = [];
      // The path of the root directory is empty, and clients leave out the slash before it.
      const template = operation.path.replace('/{path}', '{path}');
      const source = template.replace(/\{(\w+)\}/g, (_whole, name: string) => {
        names.push(name);
        if (name === 'path') return '(?:/(.*))?';
        if (WHOLE_PATHS.has(name)) return '(.*)';
        const parameter = operation.parameters.find((candidate) => candidate.name === name);
        return parameter?.schema.type === 'integer' ? '(\\d+)' : '([^/]+)';
      });
      return {
        route,
        names,
        method: operation.method,
        expression: new RegExp(`^${source}/?$`),
        path: operation.path,
      };
    })
    .sort((a, b) => b.path.split('/').length - a.path.split('/').length);
}
