import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes all chunks into a sink at its pace, and leaves it open. Rejects with what the chunks reject with. */
export async function pour(chunks: AsyncIterable<Uint8Array>, sink: Writable): Promise<void> {
  for await (const chunk of chunks) {
    // The sink's error is told by whoever owns it; here it only ends the waiting.
    if (!sink.write(chunk)) await once(sink, 'drain');
  }
}
