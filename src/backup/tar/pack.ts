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
  await batch.end();
}

/** Gathers small pieces in two buffers in turns: one is filled while the other is on its way. */
class Batch {
  readonly #sink: Writable;
  readonly #buffers = [Buffer.allocUnsafe(BATCH), Buffer.allocUnsafe(BATCH)] as const;
  #turn: 0 | 1 = 0;
  #used = 0;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(sink: Writable) {
    this.#sink = sink;
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      if (this.#used === BATCH) await this.flush();
      const part = piece.subarray(at, at + BATCH - this.#used);
      this.#buffers[this.#turn].set(part, this.#used);
      this.#used += part.length;
      at += part.length;
    }
  }

  /** Returns when the sink has taken what was sent before, so that its buffer is free. */
  async flush(): Promise<void> {
    const full = this.#buffers[this.#turn].subarray(0, this.#used);
    await this.#sending;
    this.#sending = new Promise<void>((resolve, reject) => {
      this.#sink.write(full, (error) => (error ? reject(error) : resolve()));
    });
    this.#sending.catch(() => undefined);
    this.#turn = this.#turn === 0 ? 1 : 0;
    this.#used = 0;
  }

  async end(): Promise<void> {
    await this.flush();
    await this.#sending;
  }
}
