import { createHash, type Hash } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Content, Part } from './content.js';

/** What a line of a canonical text is part of. */
export interface Place {
  readonly part: string;
  /** `table`, `schema`, … */
  readonly kind: string;
  /** How many rows the line adds; null for what has none. */
  readonly rows: number | null;
}

/**
 * Knows one kind of canonical text: a text that is equal for equal data, and tells nothing else. It is asked for each
 * line in turn, which lies between two places of `data`: without its end, or its first `HEAD_BYTES` at least. Null
 * leaves a line out: what two sound copies do not have in common. There are very many lines, so none is cut out.
 */
export interface Grammar {
  place(data: Buffer, from: number, to: number): Place | null;
  /** Where a line may hold several rows: how many begin in these bytes of a part with rows, which come in order. */
  rowsIn?(bytes: Buffer): number;
}

/** No line that a grammar must know is longer. A row may be, and is never held as a whole. */
export const HEAD_BYTES = 64 * 1024;

const NEWLINE = 10;

/** Takes a canonical text and gives its content. Holds at most a chunk and `HEAD_BYTES`, at any length of text. */
export class ContentScanner extends Writable {
  readonly #grammar: Grammar;
  readonly #parts = new Map<string, Growing>();
  #carried: Buffer = Buffer.alloc(0);
  #place: Place | null = null;
  #isInLine = false;
  /** The one that grew last: nearly every line is of the same part as the one before it. */
  #last: { readonly part: string; readonly growing: Growing } | null = null;

  constructor(grammar: Grammar) {
    super();
    this.#grammar = grammar;
  }

  /** To be asked once, when all of the text was written. */
  async content(): Promise<Content> {
    await new Promise<void>((resolve) => this.end(resolve));
    if (this.errored) throw this.errored;
    const parts = [...this.#parts].map(([name, growing]): Part => {
      const { kind, rows, bytes, hash } = growing;
      return { name, kind, rows, bytes, digest: hash.digest('hex') };
    });
    const hash = createHash('sha256');
    for (const { name, kind, rows, digest } of parts) {
      hash.update(`${kind} ${rows ?? '-'} ${digest} ${JSON.stringify(name)}\n`);
    }
    return { digest: hash.digest('hex'), parts };
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const data = this.#carried.length === 0 ? chunk : Buffer.concat([this.#carried, chunk]);
    this.#carried = Buffer.from(data.subarray(this.#scan(data, false)));
    done();
  }

  override _final(done: (error?: Error) => void): void {
    this.#scan(this.#carried, true);
    done();
  }

  /** Returns how far it came: to the end, or to a line whose head is not yet all there. */
  #scan(data: Buffer, isLast: boolean): number {
    // Lines of one part are hashed together: a call for each would take longer than the hashing.
    let from = 0;
    let at = 0;
    while (at < data.length) {
      const newline = data.indexOf(NEWLINE, at);
      if (!this.#isInLine) {
        if (newline < 0 && data.length - at < HEAD_BYTES && !isLast) break;
        const place = this.#grammar.place(data, at, newline < 0 ? data.length : newline);
        if (place?.part !== this.#place?.part) {
          this.#add(data.subarray(from, at));
          from = at;
        }
        this.#place = place;
        this.#count(place, place?.rows ?? null);
      }
      this.#isInLine = newline < 0;
      at = newline < 0 ? data.length : newline + 1;
    }
    this.#add(data.subarray(from, at));
    return at;
  }

  #add(bytes: Buffer): void {
    if (this.#place === null || bytes.length === 0) return;
    const growing = this.#growing(this.#place);
    growing.hash.update(bytes);
    growing.bytes += bytes.length;
    if (this.#grammar.rowsIn && this.#place.rows !== null)
      growing.rows = (growing.rows ?? 0) + this.#grammar.rowsIn(bytes);
  }

  #count(place: Place | null, rows: number | null): void {
    if (place === null || place.rows === null || rows === null) return;
    const growing = this.#growing(place);
    growing.rows = (growing.rows ?? 0) + rows;
  }

  #growing({ part, kind }: Place): Growing {
    if (this.#last?.part === part) return this.#last.growing;
    const growing = this.#parts.get(part) ?? { kind, hash: createHash('sha256'), rows: null, bytes: 0 };
    this.#parts.set(part, growing);
    this.#last = { part, growing };
    return growing;
  }
}

interface Growing {
  readonly kind: string;
  readonly hash: Hash;
  rows: number | null;
  bytes: number;
}
