export const SCOPES = [
  'actions',
  'checks',
  'contents',
  'deployments',
  'issues',
  'pull-requests',
  'statuses',
] as const;

export type Scope = (typeof SCOPES)[number];
export type Level = 'none' | 'read' | 'write';

/** A scope that is not named is `none`, as when a workflow names any key of `permissions`. */
export type Permissions = Readonly<Partial<Record<Scope, Level>>>;

export interface App {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
}

export const GITHUB_ACTIONS: App = { id: 15368, slug: 'github-actions', name: 'GitHub Actions' };

export interface TokenOptions {
  readonly token: string;
  /** `installation`: what a job gets, or that of another app; `pat`: of a person. */
  readonly kind: 'installation' | 'pat';
  readonly permissions: Permissions;
  /** Of an installation token; GitHub Actions by default. */
  readonly app?: App;
  /** Of a PAT; its name by default. */
  readonly login?: string;
  /** Whether it may change workflow files. A PAT may by default, an installation token may not. */
  readonly workflows?: boolean;
  /** Whether it may read the members of teams. Neither the token of a job nor most others may. */
  readonly members?: boolean;
}

export interface Actor {
  readonly id: number;
  readonly login: string;
  readonly type: 'Bot' | 'User';
}

/** Who sent a request. Null stands for nobody: no token was given. */
export interface Caller {
  readonly name: string;
  readonly kind: TokenOptions['kind'] | 'anonymous';
  readonly permissions: Permissions;
  readonly app: App | null;
  readonly actor: Actor;
  readonly mayChangeWorkflows: boolean;
  readonly mayReadMembers: boolean;
}

export const ANONYMOUS: Caller = {
  name: 'anonymous',
  kind: 'anonymous',
  permissions: {},
  app: null,
  actor: { id: 0, login: 'ghost', type: 'User' },
  mayChangeWorkflows: false,
  mayReadMembers: false,
};

export function callerOf(name: string, options: TokenOptions): Caller {
  const app = options.kind === 'installation' ? (options.app ?? GITHUB_ACTIONS) : null;
  return {
    name,
    kind: options.kind,
    permissions: options.permissions,
    app,
    actor: app === null ? personOf(options.login ?? name) : bot(app),
    mayChangeWorkflows: options.workflows ?? options.kind === 'pat',
    mayReadMembers: options.members ?? false,
  };
}

export function mayRead(caller: Caller, scope: Scope): boolean {
  return (caller.permissions[scope] ?? 'none') !== 'none';
}

export function mayWrite(caller: Caller, scope: Scope): boolean {
  return caller.permissions[scope] === 'write';
}

function bot(app: App): Actor {
  const id = app.id === GITHUB_ACTIONS.id ? 41898282 : 50_000_000 + app.id;
  return { id, login: `${app.slug}[bot]`, type: 'Bot' };
}

export function personOf(login: string): Actor {
  const id = [...login].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_000, 7);
  return { id: 1_000_000 + id, login, type: 'User' };
}
