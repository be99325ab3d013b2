import { createHash } from 'node:crypto';
import type { Content, Part, Parts } from '../../content.js';
import { canonicalLine, type Entry, inOrder } from '../../entry.js';
import { BackupProblem } from '../../problem.js';

/** Lines are hashed together up to this length. */
const LINES = 16 * 1024;

/**
 * What a tree consists of, gathered entry by entry, so that nothing else of it need be held. Its digest is the
 * SHA-256 over the first five fields of all entries, one line each, in the order of `inOrder`. Times are restored
 * but not part of it: not every filesystem keeps them exactly.
 */
export class TreeContent {
  readonly #hash = createHash('sha256');
  readonly #parts: TreeParts;
  readonly #like: TreeContent | undefined;
  #lines = '';
  #last = '';

  /** Of what should be equal to `like` no name is held twice. */
  constructor(like?: TreeContent) {
    this.#like = like;
    this.#parts = new TreeParts(like?.content().parts.length ?? 0);
  }

  /** Entries come in order: any other order would be another digest. */
  add(entry: Entry): void {
    if (entry.type === 'stream') return;
    const { path } = entry;
    if (this.#last !== '' && inOrder(this.#last, path) >= 0)
      throw new BackupProblem('damaged', `the tree holds ${JSON.stringify(path)} out of its order`);
    this.#last = path;
    this.#lines += `${canonicalLine(entry)}\n`;
    if (this.#lines.length > LINES) this.#flush();
    const known = this.#like === undefined ? path : this.#like.#parts.nameAt(this.#parts.length);
    this.#parts.add(known === path ? known : path, entry);
  }

  content(): Content {
    this.#flush();
    return { digest: this.#hash.copy().digest('hex'), parts: this.#parts };
  }

  #flush(): void {
    this.#hash.update(this.#lines);
    this.#lines = '';
  }
}

/** A hundred thousand objects would need more memory than all the rest, so parts are made when they are asked for. */
class TreeParts implements Parts {
  readonly #names: string[] = [];
  readonly #kinds: string[] = [];
  readonly #sizes: number[] = [];
  readonly #known = new Map<string, string>();
  #digests: Buffer;

  /** `atLeast`: how many there will be, as far as is known. */
  constructor(atLeast: number) {
    this.#digests = Buffer.alloc(32 * Math.max(1024, atLeast));
  }

  get length(): number {
    return this.#names.length;
  }

  nameAt(index: number): string | undefined {
    return this.#names[index];
  }

  add(path: string, entry: Exclude<Entry, { type: 'stream' }>): void {
    const { bytes, digest } = measureOf(entry);
    const at = 32 * this.#names.length;
    if (at === this.#digests.length) this.#digests = Buffer.concat([this.#digests], 2 * at);
    this.#digests.write(digest, at, 'hex');
    this.#names.push(path);
    this.#kinds.push(this.#kindOf(entry));
    this.#sizes.push(bytes);
  }

  *[Symbol.iterator](): Generator<Part> {
    for (const [index, name] of this.#names.entries()) {
      const kind = this.#kinds[index] ?? '';
      const hex = this.#digests.toString('hex', 32 * index, 32 * (index + 1));
      const digest = kind.startsWith('directory') ? '' : hex;
      yield { name, kind, rows: null, bytes: this.#sizes[index] ?? 0, digest };
    }
  }

  #kindOf(entry: Exclude<Entry, { type: 'stream' }>): string {
    const kind = entry.type === 'link' ? 'link' : `${entry.type} ${entry.mode.toString(8).padStart(4, '0')}`;
    const known = this.#known.get(kind);
    if (known !== undefined) return known;
    this.#known.set(kind, kind);
    return kind;
  }
}

function measureOf(entry: Exclude<Entry, { type: 'stream' }>): Pick<Part, 'bytes' | 'digest'> {
  if (entry.type === 'directory') return { bytes: 0, digest: '' };
  if (entry.type === 'file') return { bytes: entry.size, digest: entry.sha256 };
  const digest = createHash('sha256').update(entry.target).digest('hex');
  return { bytes: Buffer.byteLength(entry.target), digest };
}

/** The content of a whole tree whose entries are at hand, in any order. */
export function contentOf(entries: readonly Entry[]): Content {
  const content = new TreeContent();
  for (const entry of [...entries].sort(byPath)) content.add(entry);
  return content.content();
}

function byPath(a: Entry, b: Entry): number {
  return inOrder('path' in a ? a.path : '', 'path' in b ? b.path : '');
}
