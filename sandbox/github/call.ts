import type { Answer } from './answer.js';
import type { Caller, Level, Scope } from './tokens.js';
import type { World } from './world.js';

export interface Call {
  readonly world: World;
  readonly caller: Caller;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Has been validated against the published description. */
  readonly body: unknown;
  readonly accept: string;
  readonly url: URL;
}

export interface Route {
  /** GitHub's operation id. */
  readonly operation: string;
  /** Any of them is enough; none: the metadata that every token may read. */
  readonly scopes: readonly Scope[];
  readonly level: Exclude<Level, 'none'>;
  readonly handle: (call: Call) => Promise<Answer> | Answer;
}

type Handler = Route['handle'];

export function reading(
  scopes: Scope | readonly Scope[],
  handlers: Readonly<Record<string, Handler>>,
): Route[] {
  return routes('read', scopes, handlers);
}

export function writing(
  scopes: Scope | readonly Scope[],
  handlers: Readonly<Record<string, Handler>>,
): Route[] {
  return routes('write', scopes, handlers);
}

function routes(
  level: Route['level'],
  scopes: Scope | readonly Scope[],
  handlers: Readonly<Record<string, Handler>>,
): Route[] {
  const list = typeof scopes === 'string' ? [scopes] : scopes;
  return Object.entries(handlers).map(([operation, handle]) => ({ operation, scopes: list, level, handle }));
}
