import { staysInside } from '../entry.js';
import { BackupProblem } from '../problem.js';
import type { TreeItem } from '../provider.js';
import { BLOCK, extend, type Header, padding, parseHeader } from './header.js';

/** Of a file up to this size all is read before it is handed out. */
const SMALL = 64 * 1024;

/** The tree in a stream that `tarOf` made. What is left of a file when the next item is asked for is skipped. */
export async function* untar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TreeItem> {
  const input = new Input(chunks);
  try {
    for (let header = await nextHeader(input); header !== null; header = await nextHeader(input)) {
      const size = header.type === 'file' ? header.size : 0;
      const left = { bytes: size };
      const whole = size <= SMALL ? (input.held(size) ?? (await input.exactly(size))) : null;
      if (whole !== null) left.bytes = 0;
      yield itemOf(header, { whole, read: () => contentOf(input, left) });
      if (left.bytes > 0) for await (const _chunk of contentOf(input, left));
      const filler = padding(size);
      if (input.held(filler) === null) await input.exactly(filler);
    }
    // Only at its end does the stream say whether it is whole.
    await input.rest();
  } finally {
    await input.close();
  }
}

async function nextHeader(input: Input): Promise<Header | null> {
  const header = parsed(input.held(BLOCK) ?? (await input.exactly(BLOCK)));
  if (header?.type !== 'extended') return header;
  const records = await input.exactly(header.size);
  await input.exactly(padding(header.size));
  const extended = parsed(await input.exactly(BLOCK));
  if (extended === null) throw broken('it ends after an extended header');
  return extend(extended, records);
}

function parsed(block: Buffer): Header | null {
  try {
    return parseHeader(block);
  } catch (error) {
    throw broken(error instanceof Error ? error.message : String(error));
  }
}

interface FileContent {
  /** Null where it must be read. */
  readonly whole: Buffer | null;
  readonly read: () => AsyncIterable<Uint8Array>;
}

function itemOf(header: Header, { whole, read }: FileContent): TreeItem {
  const { type, path, mode, size, target } = header;
  if (!staysInside(path)) throw broken(`it holds the path ${JSON.stringify(path)}, which leads out of it`);
  const mtimeMs = header.seconds * 1000;
  if (type === 'directory') return { type, path, mode, mtimeMs };
  if (type === 'link') return { type, path, mtimeMs, target };
  if (type !== 'file') throw broken('it holds an extended header without an entry');
  if (whole === null) return { type, path, mode, mtimeMs, size, read };
  const once = async function* () {
    if (size > 0) yield whole;
  };
  return { type, path, mode, mtimeMs, size, read: once, whole: () => whole };
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

  /** The next bytes without waiting; null where they are not all here. */
  held(size: number): Buffer | null {
    if (this.#held.length < size) return null;
    const { buffer, byteOffset } = this.#held;
    this.#held = this.#held.subarray(size);
    return Buffer.from(buffer, byteOffset, size);
  }

  async exactly(size: number): Promise<Buffer> {
    const held = this.held(size);
    if (held !== null) return held;
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
