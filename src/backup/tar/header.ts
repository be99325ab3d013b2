import type { Entry } from '../entry.js';

/** The unit of a tar archive, in bytes. */
export const BLOCK = 512;

/** What a header says, apart from what the names of its fields say by themselves. */
export interface Header {
  readonly type: 'file' | 'directory' | 'link' | 'extended';
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  /** Whole seconds since 1970. */
  readonly seconds: number;
  readonly target: string;
}

const TYPES = { file: '0', directory: '5', link: '2', extended: 'x' } as const;

const TYPE_OF = new Map(
  Object.entries(TYPES).map(([name, flag]): [string, Header['type']] => [flag, name as keyof typeof TYPES]),
);

/** Where the fields of a header lie, and how long they are (POSIX.1-1988, ustar). */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  target: [157, 100],
  magic: [257, 8],
} as const;

const MAGIC = 'ustar\0' + '00';
/** The largest number that the octal digits of `size` and `mtime` hold. */
const MOST = 8 ** 11 - 1;

/** The blocks that stand before the content of an entry: its header, after an extended one where it needs that. */
export function headersOf(
  entry: Exclude<Entry, { type: 'stream' }> | Omit<Extract<Entry, { type: 'file' }>, 'sha256'>,
): Buffer {
  const seconds = Math.floor(entry.mtimeMs / 1000);
  const target = entry.type === 'link' ? entry.target : '';
  const size = entry.type === 'file' ? entry.size : 0;
  const mode = entry.type === 'link' ? 0o777 : entry.mode;
  const records = [
    fits(entry.path, FIELDS.name[1]) ? '' : record('path', entry.path),
    fits(target, FIELDS.target[1]) ? '' : record('linkpath', target),
    size <= MOST ? '' : record('size', String(size)),
    seconds >= 0 && seconds <= MOST ? '' : record('mtime', String(seconds)),
  ].join('');
  const header = format({ type: entry.type, path: entry.path, mode, size, seconds, target });
  return records === '' ? header : Buffer.concat([extended(records), header]);
}

/** Null for the block of zeros that ends an archive. Throws for what is no header. */
export function parseHeader(block: Buffer): Header | null {
  if (block[0] === 0 && block.every((byte) => byte === 0)) return null;
  if (block.toString('latin1', ...spanOf(FIELDS.checksum)) !== checksumText(block))
    throw new Error('the checksum of a header does not match');
  const flag = text(block, FIELDS.type);
  const type = TYPE_OF.get(flag);
  if (type === undefined) throw new Error(`a header has the unknown type ${JSON.stringify(flag)}`);
  return {
    type,
    path: text(block, FIELDS.name),
    mode: number(block, FIELDS.mode),
    size: number(block, FIELDS.size),
    seconds: number(block, FIELDS.mtime),
    target: text(block, FIELDS.target),
  };
}

/** A header with what an extended one before it says instead. */
export function extend(header: Header, records: Buffer): Header {
  const found = new Map(parseRecords(records));
  return {
    ...header,
    path: found.get('path') ?? header.path,
    target: found.get('linkpath') ?? header.target,
    size: Number(found.get('size') ?? header.size),
    seconds: Number(found.get('mtime') ?? header.seconds),
  };
}

/** How many zeros fill up the last block of a content. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function format(header: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = (value: string, [at, length]: readonly [number, number]) => block.write(value, at, length);
  put(cut(header.path, FIELDS.name[1]), FIELDS.name);
  put(octal(header.mode, 7), FIELDS.mode);
  put(octal(0, 7), FIELDS.uid);
  put(octal(0, 7), FIELDS.gid);
  put(octal(Math.min(header.size, MOST), 11), FIELDS.size);
  put(octal(Math.min(Math.max(header.seconds, 0), MOST), 11), FIELDS.mtime);
  put(TYPES[header.type], FIELDS.type);
  put(cut(header.target, FIELDS.target[1]), FIELDS.target);
  put(MAGIC, FIELDS.magic);
  put(checksumText(block), FIELDS.checksum);
  return block;
}

/** POSIX.1-2001: lines `<length> <keyword>=<value>`, for what the fields cannot hold. */
function extended(records: string): Buffer {
  const content = Buffer.from(records);
  const size = content.length;
  const header = format({ type: 'extended', path: 'extended', mode: 0o600, size, seconds: 0, target: '' });
  return Buffer.concat([header, content, Buffer.alloc(padding(size))]);
}

/** Its length counts the digits of the length itself. */
function record(keyword: string, value: string): string {
  const rest = ` ${keyword}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  length = bytes + String(length).length;
  return `${length}${rest}`;
}

function* parseRecords(records: Buffer): Generator<readonly [string, string]> {
  for (let at = 0; at < records.length; ) {
    const length = Number.parseInt(records.toString('latin1', at, at + 20), 10);
    if (!(length > 0) || at + length > records.length) throw new Error('an extended header is cut off');
    const line = records.toString('utf8', at, at + length - 1);
    const [, keyword = '', value = ''] = /^\d+ ([^=]+)=([\s\S]*)$/.exec(line) ?? [];
    yield [keyword, value];
    at += length;
  }
}

/** The sum of all bytes, those of the checksum itself counted as blanks. */
function checksum(block: Buffer): number {
  const [from, length] = FIELDS.checksum;
  return sumOf(block, 0, from) + length * 0x20 + sumOf(block, from + length, BLOCK);
}

function sumOf(block: Buffer, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) sum += block[at] ?? 0;
  return sum;
}

function checksumText(block: Buffer): string {
  return `${octal(checksum(block), 6)}\0 `;
}

function spanOf([at, length]: readonly [number, number]): [number, number] {
  return [at, at + length];
}

function number(block: Buffer, field: readonly [number, number]): number {
  const digits = text(block, field).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function text(block: Buffer, [at, length]: readonly [number, number]): string {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end < 0 ? at + length : Math.min(end, at + length));
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function fits(value: string, length: number): boolean {
  return Buffer.byteLength(value) <= length;
}

/** Whole characters only: an old reader shows this, a present one the extended header. */
function cut(value: string, length: number): string {
  return fits(value, length)
    ? value
    : Buffer.from(value)
        .subarray(0, length)
        .toString('utf8')
        .replace(/\ufffd+$/, '');
}
