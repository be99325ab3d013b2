import { type Caller, callerOf, type Permissions, type TokenOptions } from './tokens.js';

/** The tokens that are valid now. */
export class TokenBook {
  readonly #tokens = new Map<string, TokenOptions>();
  readonly #callers = new Map<string, Caller>();

  constructor(tokens: Readonly<Record<string, TokenOptions>>) {
    for (const [name, token] of Object.entries(tokens)) this.set(name, token);
  }

  /** Null when the token is not known. */
  caller(token: string): Caller | null {
    return this.#callers.get(token) ?? null;
  }

  set(name: string, token: TokenOptions): void {
    this.remove(name);
    this.#tokens.set(name, token);
    this.#callers.set(token.token, callerOf(name, token));
  }

  remove(name: string): void {
    this.#callers.delete(this.#tokens.get(name)?.token ?? '');
    this.#tokens.delete(name);
  }

  permit(name: string, permissions: Permissions): void {
    const token = this.#tokens.get(name);
    if (token === undefined) {
      throw new Error(`No token is called "${name}". Known: ${[...this.#tokens.keys()].join(', ')}.`);
    }
    this.set(name, { ...token, permissions });
  }
}
