import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { EvidenceProblem } from '../contract.js';

const CHUNK = 64 * 1024;

interface Opened {
  readonly path: string;
  readonly bytes: number;
  /** Where the file really lies, all links followed. */
  readonly real: string;
  readonly inode: number;
  readonly signal: AbortSignal;
}

/** The text of a file that was looked at before; fails when it is another one by now, or is not UTF-8. */
export async function* readText(file: Opened): AsyncGenerator<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(file.real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const { ino, size } = await handle.stat();
    if (ino !== file.inode || size !== file.bytes) throw changed(file);
    yield* decoded(handle, file);
  } finally {
    await handle.close();
  }
}

async function* decoded(handle: FileHandle, file: Opened): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const buffer = Buffer.allocUnsafe(CHUNK);
  let read = 0;
  for (;;) {
    file.signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, null);
    const bytes = buffer.subarray(0, bytesRead);
    if (read === 0) mustNotBeUtf16(bytes, file.path);
    const text = decode(decoder, bytes, { path: file.path, offset: read });
    read += bytesRead;
    if (read > file.bytes) throw changed(file);
    if (text !== '') yield text;
    if (bytesRead === 0) return;
  }
}

function decode(
  decoder: TextDecoder,
  bytes: Uint8Array,
  at: { readonly path: string; readonly offset: number },
): string {
  try {
    return decoder.decode(bytes, { stream: bytes.length > 0 });
  } catch (cause) {
    throw new EvidenceProblem(
      'evidence-invalid',
      `"${at.path}" is not UTF-8: it holds other bytes after byte ${at.offset}; let the tool write UTF-8`,
      { cause },
    );
  }
}

function mustNotBeUtf16(bytes: Uint8Array, path: string): void {
  const [first = 1, second = 1] = bytes;
  const isMarked = (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe);
  if (!isMarked && first !== 0 && second !== 0) return;
  throw new EvidenceProblem(
    'evidence-unsupported',
    `"${path}" is UTF-16 or UTF-32, and UTF-8 is read; let the tool write UTF-8`,
  );
}

function changed({ path }: Opened): EvidenceProblem {
  return new EvidenceProblem(
    'evidence-invalid',
    `"${path}" changed while it was read; the suite has to end what writes it`,
  );
}
