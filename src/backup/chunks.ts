import type { FileHandle } from 'node:fs/promises';

/** Bytes read at once: enough for a disk, little enough to hold a few of them per file. */
const CHUNK = 256 * 1024;

/**
 * The content of an open file from its start, but at most one byte more than `size`: enough to notice that it has
 * grown, and an endless file still ends. Small files get small buffers, since there may be very many of them.
 */
export async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at <= size; ) {
    const length = Math.min(CHUNK, size + 1 - at);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield bytesRead === length ? buffer : buffer.subarray(0, bytesRead);
    // A short read that ends where the file should is its end: no need to ask again.
    if (bytesRead < length && at === size) return;
  }
}

/** A write may take less than it is given, which is not an error until nothing more goes in. */
export async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}
