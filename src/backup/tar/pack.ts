import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Entry } from '../entry.js';
import type { TreeItem } from '../provider.js';
import { BLOCK, headersOf, padding } from './header.js';

/** Small writes are gathered up to this size: there may be very many small files. */
const BATCH = 256 * 1024;

/** A tree as one stream of tar, which any `tar` unpacks. */
export function tarOf(items: readonly TreeItem[]): {
  readonly fill: (sink: Writable) => Promise<void>;
  /** The items with the SHA-256 of each file, once `fill` has resolved. */
  readonly entries: () => readonly Entry[];
} {
  const entries: Entry[] = [];
  return {
    async fill(sink) {
      const batch = new Batch(sink);
      for (const item of items) entries.push(await pack(item, batch));
      await batch.write(Buffer.alloc(2 * BLOCK));
      await batch.flush();
    },
    entries: () => entries,
  };
}

async function pack(item: TreeItem, batch: Batch): Promise<Entry> {
  await batch.write(headersOf(item));
  if (item.type !== 'file') return item;
  const { read, ...file } = item;
  const hash = createHash('sha256');
  for await (const chunk of read()) {
    hash.update(chunk);
    await batch.write(chunk);
  }
  await batch.write(Buffer.alloc(padding(file.size)));
  return { ...file, sha256: hash.digest('hex') };
}

/** Gathers small pieces. A promise is returned only where there is something to wait for. */
class Batch {
  readonly #sink: Writable;
  #buffer = Buffer.allocUnsafe(BATCH);
  #used = 0;

  constructor(sink: Writable) {
    this.#sink = sink;
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#used + piece.length > BATCH) await this.flush();
    if (piece.length >= BATCH) return this.#send(piece);
    this.#buffer.set(piece, this.#used);
    this.#used += piece.length;
  }

  async flush(): Promise<void> {
    if (this.#used === 0) return;
    const full = this.#buffer.subarray(0, this.#used);
    this.#buffer = Buffer.allocUnsafe(BATCH);
    this.#used = 0;
    await this.#send(full);
  }

  async #send(piece: Uint8Array): Promise<void> {
    if (!this.#sink.write(piece)) await once(this.#sink, 'drain');
  }
}
