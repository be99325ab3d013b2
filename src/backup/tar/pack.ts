import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { TreeItem } from '../provider.js';
import { BLOCK, headersOf, padding } from './header.js';

/** Small writes are gathered up to this size: there may be very many small files. */
const BATCH = 256 * 1024;

/** Packs a tree into a stream of tar, which any `tar` unpacks. */
export async function packTree(items: AsyncIterable<TreeItem>, sink: Writable): Promise<void> {
  const batch = new Batch(sink);
  for await (const item of items) {
    await batch.write(headersOf(item));
    if (item.type !== 'file') continue;
    for await (const chunk of item.read()) await batch.write(chunk);
    await batch.write(Buffer.alloc(padding(item.size)));
  }
  await batch.write(Buffer.alloc(2 * BLOCK));
  await batch.flush();
}

/** Gathers small pieces. */
class Batch {
  readonly #sink: Writable;
  #buffer = Buffer.allocUnsafeSlow(BATCH);
  #used = 0;

  constructor(sink: Writable) {
    this.#sink = sink;
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      if (this.#used === BATCH) await this.flush();
      const part = piece.subarray(at, at + BATCH - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
    }
  }

  /** The sink keeps what it is given until it is through, so the next pieces go into another buffer. */
  async flush(): Promise<void> {
    const full = this.#buffer.subarray(0, this.#used);
    this.#buffer = Buffer.allocUnsafeSlow(BATCH);
    this.#used = 0;
    if (!this.#sink.write(full)) await once(this.#sink, 'drain');
  }
}
