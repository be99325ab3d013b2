import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { TreeItem } from '../provider.js';
import { BLOCK, headersOf, padding } from './header.js';

/** Small writes are gathered up to this size: there may be very many small files. */
const BATCH = 256 * 1024;

/** Packs a tree into a stream of tar, which any `tar` unpacks. */
export async function packTree(items: Iterable<TreeItem>, sink: Writable): Promise<void> {
  const batch = new Batch(sink);
  for (const item of items) {
    await batch.write(headersOf(item));
    if (item.type !== 'file') continue;
    for await (const chunk of item.read()) await batch.write(chunk);
    await batch.write(Buffer.alloc(padding(item.size)));
  }
  await batch.write(Buffer.alloc(2 * BLOCK));
  await batch.flush();
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
