import { accessSync, constants } from 'node:fs';
import { listed } from '../../problem.js';
import type { SourceContext } from '../../provider.js';
import type { Pattern } from './patterns.js';
import { isSecretlike } from './secretlike.js';
import type { Found } from './walk.js';

/** All that stands against taking what patterns cover, gathered entry by entry and told at once. */
export class Objections {
  readonly #patterns: readonly Pattern[];
  readonly #context: SourceContext;
  readonly #unused: Set<Pattern>;
  readonly #links: string[] = [];
  readonly #specials: string[] = [];
  readonly #secrets: string[] = [];
  readonly #unreadable: string[] = [];

  constructor(patterns: readonly Pattern[], context: SourceContext) {
    this.#patterns = patterns;
    this.#context = context;
    this.#unused = new Set(patterns);
  }

  /** A symbolic link that was met, covered or not. */
  noteLink(path: string): void {
    this.#links.push(path);
  }

  look({ type, kind, path }: Found): void {
    // A directory alone does not count: an empty one is what a disk that failed to mount looks like.
    if (type === 'directory') return;
    for (const pattern of this.#unused) if (pattern.matches(path)) this.#unused.delete(pattern);
    if (type === 'special') this.#specials.push(`${path} (${kind})`);
    if (type !== 'file') return;
    if (!this.#context.isEncrypted && this.#looksSecret(path)) this.#secrets.push(path);
    // Asked before anything is read, so that all of them are named at once and not one a release.
    if (!isReadable(`${this.#context.workspace}/${path}`)) this.#unreadable.push(path);
  }

  all(): readonly string[] {
    return [
      ...[...this.#unused].map((pattern) => this.#matchesNothing(pattern)),
      ...told(
        this.#specials,
        'cannot be backed up: only files, directories and symbolic links can; choose patterns that do not cover it',
      ),
      ...told(
        this.#secrets,
        'looks like a secret by its name, and the store is not encrypted; list it by its full path if it must be backed up, or choose patterns that do not cover it',
      ),
      ...told(
        this.#unreadable,
        'cannot be read by the user that runs this job; allow it, or choose patterns that do not cover it',
      ),
    ];
  }

  #looksSecret(path: string): boolean {
    return isSecretlike(path) && !this.#patterns.some((pattern) => pattern.names(path));
  }

  #matchesNothing({ text, base }: Pattern): string {
    const link = this.#links.find((path) => base === path || base.startsWith(`${path}/`));
    const why =
      link === undefined ? '' : ` (${JSON.stringify(link)} is a symbolic link, which is not followed)`;
    return `the pattern ${JSON.stringify(text)} matches no file${why}; mend or remove it`;
  }
}

function told(paths: readonly string[], what: string): readonly string[] {
  return paths.length === 0 ? [] : [`${listed(paths)} ${what}`];
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
