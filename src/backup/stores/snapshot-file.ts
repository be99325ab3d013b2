import { createHash } from 'node:crypto';
import { formatEntry, parseEntry } from '../entry.js';
import type { Snapshot } from '../provider.js';

const FORMAT = 'gated-release-backup/1';

/**
 * A snapshot as a JSON file that also `sed` can read: the first line holds the SHA-256 of all lines between it and
 * the last line, and each entry is one line.
 */
export function formatSnapshot(snapshot: Snapshot): string {
  const { entries, ...head } = snapshot;
  const fields = Object.entries({ format: FORMAT, ...head }).map(
    ([key, value]) => `"${key}": ${JSON.stringify(value)},\n`,
  );
  const lines = entries.map((entry) => `"${formatEntry(entry)}"`).join(',\n');
  const body = `{\n${fields.join('')}"entries": [\n${lines}\n]}\n`;
  return `{"sha256": "${sha256(body)}", "snapshot":\n${body}}\n`;
}

/** Null when the bytes are not, to the last byte, what `formatSnapshot` wrote. */
export function parseSnapshot(bytes: Buffer): Snapshot | null {
  const text = bytes.toString('utf8');
  // Bytes that are not UTF-8 could decode to the same text as others.
  if (!Buffer.from(text).equals(bytes)) return null;
  const match = /^\{"sha256": "([0-9a-f]{64})", "snapshot":\n([\s\S]*\n)\}\n$/.exec(text);
  const [, expected, body] = match ?? [];
  if (body === undefined || sha256(body) !== expected) return null;
  const { format, entries, ...head } = JSON.parse(body) as Snapshot & { readonly format: string };
  if (format !== FORMAT) return null;
  const parsed = (entries as unknown as readonly string[]).map(parseEntry).filter((entry) => entry !== null);
  return parsed.length === entries.length ? { ...head, entries: parsed } : null;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
