import * as crypto from 'node:crypto';

const hashAtOnce: typeof crypto.hash | undefined = crypto.hash;

/** In hex. At once where this Node can (20.12 and later): of very many small files a hash object each is dear. */
export function sha256Of(content: Uint8Array): string {
  return hashAtOnce?.('sha256', content, 'hex') ?? crypto.createHash('sha256').update(content).digest('hex');
}

export interface StoredObject {
  /** SHA-256 in hex of the content. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** One thing that a snapshot holds. Paths are relative, with `/`; `mode` is the permission bits. */
export type Entry =
  | { readonly type: 'directory'; readonly path: string; readonly mode: number; readonly mtimeMs: number }
  | ({
      readonly type: 'file';
      readonly path: string;
      readonly mode: number;
      readonly mtimeMs: number;
    } & StoredObject)
  | { readonly type: 'link'; readonly path: string; readonly mtimeMs: number; readonly target: string }
  /** The one stream of a source that has no files of its own. */
  | ({ readonly type: 'stream' } & StoredObject);

/**
 * One entry as a line of fields that a shell can read with `read -r` as well as we can:
 * `type mode size sha256 path mtime [target]`. The type is `d`, `f`, `l` or `s`; in paths and targets only
 * control characters, space, `"`, `%` and `\` are written as `%XX`, so that a line needs no other quoting.
 */
export function formatEntry(entry: Entry): string {
  if (entry.type === 'stream') return `${canonicalLine(entry)} 0`;
  const line = `${canonicalLine(entry)} ${(entry.mtimeMs / 1000).toFixed(3)}`;
  return entry.type === 'link' ? `${line} ${encode(entry.target)}` : line;
}

/** Null for a line that is no entry, or whose path would leave the directory it is restored into. */
export function parseEntry(line: string): Entry | null {
  const fields = line.split(' ');
  const [type, modeText = '', sizeText = '', sha256 = '', pathText = '', mtimeText = '', targetText] = fields;
  if (fields.length !== (type === 'l' ? 7 : 6)) return null;
  if (!/^[0-7]{4}$/.test(modeText) || !/^\d+$/.test(sizeText) || !/^-?\d+(\.\d{3})?$/.test(mtimeText))
    return null;
  const mode = Number.parseInt(modeText, 8);
  const size = Number(sizeText);
  const mtimeMs = Math.round(Number(mtimeText) * 1000);
  const isHash = /^[0-9a-f]{64}$/.test(sha256);
  if (type === 's') return isHash ? { type: 'stream', size, sha256 } : null;
  const path = decode(pathText);
  if (!staysInside(path)) return null;
  if (type === 'd') return { type: 'directory', path, mode, mtimeMs };
  if (type === 'f') return isHash ? { type: 'file', path, mode, mtimeMs, size, sha256 } : null;
  if (type === 'l' && targetText !== undefined)
    return { type: 'link', path, mtimeMs, target: decode(targetText) };
  return null;
}

/**
 * Orders paths as a walk meets them: each directory before what it holds, names by their UTF-16 code units. Negative
 * when `a` comes first. A slash counts as lower than any other character.
 */
export function inOrder(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return x === SLASH ? -1 : y === SLASH ? 1 : x - y;
  }
  return a.length - b.length;
}

const SLASH = 47;

export function sorted<T extends { readonly path: string } | { readonly type: 'stream' }>(
  entries: readonly T[],
): readonly T[] {
  const path = (entry: T) => ('path' in entry ? entry.path : '');
  return [...entries].sort((a, b) => inOrder(path(a), path(b)));
}

/** The part of an entry that must be equal in the restored copy. */
export function canonicalLine(entry: Entry): string {
  switch (entry.type) {
    case 'directory':
      return `d ${octal(entry.mode)} 0 - ${encode(entry.path)}`;
    case 'file':
      return `f ${octal(entry.mode)} ${entry.size} ${entry.sha256} ${encode(entry.path)}`;
    case 'link': {
      const target = Buffer.from(entry.target);
      return `l 0777 ${target.length} ${sha256Of(target)} ${encode(entry.path)}`;
    }
    case 'stream':
      return `s 0600 ${entry.size} ${entry.sha256} -`;
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be written as %XX.
const SPECIAL = /[\x00-\x20"%\\\x7f]/;
const SPECIALS = new RegExp(SPECIAL, 'g');

function encode(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(SPECIALS, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase();
    return `%${code.padStart(2, '0')}`;
  });
}

function decode(text: string): string {
  return text.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

const LEAVES = /(?:^|\/)\.{0,2}(?:\/|$)|\0/;

/** Whether a path is relative and never leads out of the directory that it is relative to. */
export function staysInside(path: string): boolean {
  return !LEAVES.test(path);
}
