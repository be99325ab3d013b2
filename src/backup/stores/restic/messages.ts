import type { Readable } from 'node:stream';

/** What `restic backup --json` says: how far it is, and at its end what it made. */
export interface Said {
  /** Bytes that it has read so far, as it last said. */
  readonly bytesDone: number;
  /** Null until the end. An id is there only in the summary of a backup that was saved. */
  readonly summary: { readonly id: string; readonly bytes: number } | null;
}

/** Listens to its stdout, one JSON object a line; anything else it says there is no message. */
export function listen(stdout: Readable): () => Said {
  let said: Said = { bytesDone: 0, summary: null };
  let rest = '';
  stdout.setEncoding('utf8');
  stdout.on('error', () => undefined);
  stdout.on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) said = heard(said, line);
  });
  stdout.on('end', () => {
    said = heard(said, rest);
  });
  return () => said;
}

function heard(said: Said, line: string): Said {
  const message = parsed(line);
  if (message === null) return said;
  const { message_type: type, bytes_done: done, snapshot_id: id, total_bytes_processed: bytes } = message;
  if (type === 'status' && typeof done === 'number') return { ...said, bytesDone: done };
  if (type !== 'summary' || typeof id !== 'string' || !/^[0-9a-f]{8,64}$/.test(id)) return said;
  return { ...said, summary: { id, bytes: typeof bytes === 'number' ? bytes : Number.NaN } };
}

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
