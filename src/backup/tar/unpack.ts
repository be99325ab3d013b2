import { staysInside } from '../entry.js';
import { BackupProblem } from '../problem.js';
import type { TreeItem } from '../provider.js';
import { BLOCK, extend, type Header, padding, parseHeader } from './header.js';

/** The tree in a stream that `tarOf` made. What is left of a file when the next item is asked for is skipped. */
export async function* untar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TreeItem> {
  const input = new Input(chunks);
  try {
    for (let header = await nextHeader(input); header !== null; header = await nextHeader(input)) {
      const { size } = header;
      const left = { bytes: header.type === 'file' ? size : 0 };
      yield itemOf(header, () => contentOf(input, left));
      for await (const _chunk of contentOf(input, left));
      await input.exactly(padding(header.type === 'file' ? size : 0));
    }
    // Only at its end does the stream say whether it is whole.
    await input.rest();
  } finally {
    await input.close();
  }
}

async function nextHeader(input: Input): Promise<Header | null> {
  const header = await readHeader(input);
  if (header?.type !== 'extended') return header;
  const records = await input.exactly(header.size);
  await input.exactly(padding(header.size));
  const extended = await readHeader(input);
  if (extended === null) throw broken('it ends after an extended header');
  return extend(extended, records);
}

async function readHeader(input: Input): Promise<Header | null> {
  const block = await input.exactly(BLOCK);
  try {
    return parseHeader(block);
  } catch (error) {
    throw broken(error instanceof Error ? error.message : String(error));
  }
}

function itemOf(header: Header, read: () => AsyncIterable<Uint8Array>): TreeItem {
  const { type, path, mode, size, target } = header;
  if (!staysInside(path)) throw broken(`it holds the path ${JSON.stringify(path)}, which leads out of it`);
  const mtimeMs = header.seconds * 1000;
  if (type === 'directory') return { type, path, mode, mtimeMs };
  if (type === 'link') return { type, path, mtimeMs, target };
  if (type === 'file') return { type, path, mode, mtimeMs, size, read };
  throw broken('it holds an extended header without an entry');
}

async function* contentOf(input: Input, left: { bytes: number }): AsyncGenerator<Uint8Array> {
  while (left.bytes > 0) {
    const chunk = await input.some(left.bytes);
    left.bytes -= chunk.length;
    yield chunk;
  }
}

function broken(how: string): BackupProblem {
  return new BackupProblem('damaged', `the stored tree cannot be read: ${how}; take the backup again`);
}

/** Chunks of any size, read in pieces of the wanted size. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** At least one byte, at most `most`. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#held.length === 0) await this.#more();
    const piece = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(piece.length);
    return piece;
  }

  async exactly(size: number): Promise<Buffer> {
    if (this.#held.length >= size) {
      const { buffer, byteOffset } = this.#held;
      this.#held = this.#held.subarray(size);
      return Buffer.from(buffer, byteOffset, size);
    }
    const pieces: Uint8Array[] = [];
    for (let left = size; left > 0; ) {
      const piece = await this.some(left);
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  async rest(): Promise<void> {
    this.#held = Buffer.alloc(0);
    while (!(await this.#chunks.next()).done);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done) throw broken('it is cut off');
    this.#held = value;
  }
}
