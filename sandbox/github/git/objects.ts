import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { ObjectType } from './reader.js';

export interface TreeEntry {
  /** As git prints it: `100644`, `100755`, `120000`, `040000`, `160000`. */
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

export interface Person {
  readonly name: string;
  readonly email: string;
  /** Seconds since 1970. */
  readonly seconds: number;
  /** As in the object, `+0000`. */
  readonly zone: string;
}

export interface CommitObject {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
  readonly signature: string | null;
}

export interface TagObject {
  readonly object: string;
  readonly type: ObjectType;
  readonly tag: string;
  readonly tagger: Person | null;
  readonly message: string;
}

/**
 * Writes a loose object as git does, and gives its id. It takes its place by a rename, so a reader never meets half
 * of one. In this process rather than by `git hash-object`: a release makes hundreds of objects.
 */
export function writeObject(repository: string, type: ObjectType, data: Buffer): string {
  const whole = Buffer.concat([Buffer.from(`${type} ${data.length}\0`), data]);
  const oid = createHash('sha1').update(whole).digest('hex');
  const path = join(repository, 'objects', oid.slice(0, 2), oid.slice(2));
  if (existsSync(path)) return oid;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(temporary, deflateSync(whole, { level: 1 }), { mode: 0o444 });
  renameSync(temporary, path);
  return oid;
}

export function isTree(entry: { readonly mode: string }): boolean {
  return entry.mode === '040000';
}

export function typeOf(entry: { readonly mode: string }): ObjectType {
  if (isTree(entry)) return 'tree';
  return entry.mode === '160000' ? 'commit' : 'blob';
}

export function parseTree(data: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const nul = data.indexOf(0, space);
    entries.push({
      mode: data.toString('latin1', at, space).padStart(6, '0'),
      name: data.toString('utf8', space + 1, nul),
      oid: data.toString('hex', nul + 1, nul + 21),
    });
    at = nul + 21;
  }
  return entries;
}

export function formatTree(entries: readonly TreeEntry[]): Buffer {
  // Git sorts by bytes, a directory as if its name ended in a slash.
  const key = (entry: TreeEntry) => Buffer.from(isTree(entry) ? `${entry.name}/` : entry.name);
  const sorted = [...entries].sort((a, b) => Buffer.compare(key(a), key(b)));
  return Buffer.concat(
    sorted.flatMap(({ mode, name, oid }) => [
      Buffer.from(`${mode.replace(/^0/, '')} ${name}\0`),
      Buffer.from(oid, 'hex'),
    ]),
  );
}

export function parseCommit(data: Buffer): CommitObject {
  const { headers, message } = split(data);
  return {
    tree: headers.find(([key]) => key === 'tree')?.[1] ?? '',
    parents: headers.filter(([key]) => key === 'parent').map(([, value]) => value),
    author: parsePerson(headers.find(([key]) => key === 'author')?.[1] ?? ''),
    committer: parsePerson(headers.find(([key]) => key === 'committer')?.[1] ?? ''),
    message,
    signature: headers.find(([key]) => key === 'gpgsig')?.[1] ?? null,
  };
}

export function formatCommit(commit: Omit<CommitObject, 'signature'>): Buffer {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${formatPerson(commit.author)}`,
    `committer ${formatPerson(commit.committer)}`,
  ];
  return Buffer.from(`${lines.join('\n')}\n\n${commit.message}`);
}

export function parseTag(data: Buffer): TagObject {
  const { headers, message } = split(data);
  const value = (name: string) => headers.find(([key]) => key === name)?.[1];
  const tagger = value('tagger');
  return {
    object: value('object') ?? '',
    type: (value('type') ?? 'commit') as ObjectType,
    tag: value('tag') ?? '',
    tagger: tagger === undefined ? null : parsePerson(tagger),
    message,
  };
}

export function formatTag(tag: TagObject): Buffer {
  const tagger = tag.tagger === null ? '' : `tagger ${formatPerson(tag.tagger)}\n`;
  return Buffer.from(`object ${tag.object}\ntype ${tag.type}\ntag ${tag.tag}\n${tagger}\n${tag.message}`);
}

function split(data: Buffer): { headers: [string, string][]; message: string } {
  const text = data.toString('utf8');
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  // A line that starts with a space continues the one before (signatures).
  const headers = head
    .replaceAll('\n ', '\0')
    .split('\n')
    .map((line): [string, string] => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), line.slice(space + 1).replaceAll('\0', '\n')];
    });
  return { headers, message: end < 0 ? '' : text.slice(end + 2) };
}

function parsePerson(text: string): Person {
  const match = /^(.*?) ?<([^>]*)> (\d+) ([+-]\d{4})$/.exec(text);
  return {
    name: match?.[1] ?? '',
    email: match?.[2] ?? '',
    seconds: Number(match?.[3] ?? 0),
    zone: match?.[4] ?? '+0000',
  };
}

function formatPerson(person: Person): string {
  // A line break or an angle bracket would end the field early; git itself leaves them out.
  const clean = (text: string) => text.replace(/[\n\0<>]/g, '').trim();
  return `${clean(person.name)} <${clean(person.email)}> ${person.seconds} ${person.zone}`;
}
