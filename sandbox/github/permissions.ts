import { notFound, Refusal } from './answer.js';
import type { Route } from './call.js';
import { type Caller, mayRead, mayWrite, SCOPES, type Scope } from './tokens.js';
import type { World } from './world.js';

/** Throws GitHub's answer to a caller that may not do this. */
export function authorize(world: World, caller: Caller, { route, path }: AuthorizedRequest): void {
  if (path.owner !== undefined && !isRepository(world, path.owner, path.repo ?? '')) throw notFound();
  const scopes = scopesFor(world, route, path);
  if (route.level === 'read') authorizeRead(world, caller, scopes);
  else authorizeWrite(world, caller, scopes);
}

interface AuthorizedRequest {
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
}

export function isRepository(world: World, owner: string, repo: string): boolean {
  return `${owner}/${repo}`.toLowerCase() === `${world.owner}/${world.repo}`.toLowerCase();
}

export function authorizeRead(world: World, caller: Caller, scopes: readonly Scope[]): void {
  if (world.visibility === 'public') return;
  // A token of somewhere else, or none, does not learn that the repository exists.
  if (!SCOPES.some((scope) => mayRead(caller, scope))) throw notFound();
  if (scopes.length === 0 || scopes.some((scope) => mayRead(caller, scope))) return;
  throw scopes.includes('contents') ? notFound() : forbidden(caller, scopes, 'read');
}

export function authorizeWrite(world: World, caller: Caller, scopes: readonly Scope[]): void {
  if (caller.kind === 'anonymous') throw new Refusal(401, 'Requires authentication');
  if (world.visibility === 'private' && !SCOPES.some((scope) => mayRead(caller, scope))) throw notFound();
  if (caller.kind === 'pat' && scopes.includes('checks')) {
    throw new Refusal(403, 'You must authenticate via a GitHub App.');
  }
  if (!scopes.some((scope) => mayWrite(caller, scope))) throw forbidden(caller, scopes, 'write');
}

function forbidden({ kind }: Caller, scopes: readonly Scope[], level: 'read' | 'write'): Refusal {
  const by = kind === 'pat' ? 'personal access token' : 'integration';
  const accepted = scopes.map((scope) => `${scope.replace('-', '_')}=${level}`).join('; ');
  return new Refusal(403, `Resource not accessible by ${by}`, {
    headers: { 'x-accepted-github-permissions': accepted },
  });
}

/** What issues and pull requests have in common needs the permission of what the number is. */
function scopesFor(world: World, route: Route, path: AuthorizedRequest['path']): readonly Scope[] {
  const number = Number(path.issue_number ?? 0);
  const isPull = world.pulls.some((pull) => pull.number === number);
  if (number === 0 || isPull) return route.scopes;
  return route.scopes.filter((scope) => scope !== 'pull-requests');
}
