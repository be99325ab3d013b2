import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { lendPage, PAGE } from '../pages.js';
import type { TreeItem } from '../provider.js';
import { BLOCK, headersOf, padding } from './header.js';

const ZEROS = Buffer.alloc(2 * BLOCK);

/** Packs a tree into a stream of tar, which any `tar` unpacks. */
export async function packTree(items: AsyncIterable<TreeItem>, sink: Writable): Promise<void> {
  const batch = new Batch(sink);
  const put = (piece: Uint8Array) => (batch.hasRoom(piece) ? batch.add(piece) : batch.write(piece));
  for await (const item of items) {
    await put(headersOf(item));
    if (item.type !== 'file') continue;
    if (item.whole !== undefined) await put(item.whole());
    else for await (const chunk of item.read()) await put(chunk);
    await put(ZEROS.subarray(0, padding(item.size)));
  }
  await put(ZEROS);
  await batch.flush();
}

/** Gathers small pieces: there may be very many small files. */
class Batch {
  readonly #sink: Writable;
  #buffer = lendPage();
  #used = 0;

  constructor(sink: Writable) {
    this.#sink = sink;
  }

  hasRoom({ length }: Uint8Array): boolean {
    return length <= PAGE - this.#used;
  }

  add(piece: Uint8Array): void {
    this.#buffer.set(piece, this.#used);
    this.#used += piece.length;
  }

  /** What there is no room for, at the pace of the sink. */
  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      if (this.#used === PAGE) await this.flush();
      const part = piece.subarray(at, at + PAGE - this.#used);
      this.add(part);
      at += part.length;
    }
  }

  /** The sink keeps what it is given until it is through, so the next pieces go into another buffer. */
  async flush(): Promise<void> {
    const full = this.#buffer.subarray(0, this.#used);
    this.#buffer = lendPage();
    this.#used = 0;
    if (!this.#sink.write(full)) await once(this.#sink, 'drain');
  }
}
