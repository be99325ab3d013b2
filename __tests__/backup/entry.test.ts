import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Entry, formatEntry, parseEntry } from '../../src/backup/entry.js';
import type { StoredSnapshot } from '../../src/backup/provider.js';
import { restoreTree } from '../../src/backup/sources/files/restore.js';
import { contentOf } from '../../src/backup/sources/files/tree-content.js';
import { createWorld } from './world.js';

const hash = 'ab'.repeat(32);
const name = fc
  .string({ unit: 'binary', minLength: 1 })
  .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const common = { path, mode: fc.nat(0o7777), mtimeMs: fc.integer({ min: -(2 ** 42), max: 2 ** 42 }) };
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ type: fc.constant('directory' as const), ...common }),
  fc.record({
    type: fc.constant('file' as const),
    ...common,
    size: fc.maxSafeNat(),
    sha256: fc.constant(hash),
  }),
  fc.record({ type: fc.constant('link' as const), path, mtimeMs: common.mtimeMs, target: name }),
  fc.record({ type: fc.constant('stream' as const), size: fc.maxSafeNat(), sha256: fc.constant(hash) }),
);

const digestOf = (entries: readonly Entry[]) => contentOf(entries).digest;

describe('a line of a snapshot', () => {
  test('gives back the entry that it was written from, and needs no quoting', () => {
    fc.assert(
      fc.property(entry, (one) => {
        const line = formatEntry(one);
        expect(parseEntry(line)).toEqual(one);
        expect(JSON.parse(`"${line}"`)).toBe(line);
      }),
    );
  });

  test.each(['../x', '/etc/passwd', 'a/../../x', 'a//b', '.', '', 'a%00b'])(
    'with the path %j is refused',
    (bad) => {
      expect(parseEntry(`d 0755 0 - ${bad} 0.000`)).toBeNull();
      expect(parseEntry(`f 0644 1 ${hash} ${bad} 0.000`)).toBeNull();
      expect(parseEntry(`l 0777 1 ${hash} ${bad} 0.000 target`)).toBeNull();
    },
  );

  test.each([
    '',
    'x 0755 0 - a 0.000',
    `f 0644 1 ${hash.slice(1)} a 0.000`,
    `f 999 1 ${hash} a 0.000`,
    `f 0644 -1 ${hash} a 0.000`,
    `f 0644 1 ${hash} a now`,
    `l 0777 1 ${hash} a 0.000`,
    `f 0644 1 ${hash} a 0.000 more`,
  ])('that is no entry is refused: %j', (line) => {
    expect(parseEntry(line)).toBeNull();
  });
});

describe('the digest', () => {
  test('does not depend on the order in which entries were found', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { selector: (one) => (one.type === 'stream' ? '' : one.path) }),
        (entries) => {
          expect(digestOf(entries.toReversed())).toBe(digestOf(entries));
        },
      ),
    );
  });

  test('differs when a path, a mode, a size, a content or a target does', () => {
    const file = { type: 'file', path: 'a', mode: 0o644, mtimeMs: 0, size: 1, sha256: hash } as const;
    const link = { type: 'link', path: 'a', mtimeMs: 0, target: 'x' } as const;
    const variants: readonly Entry[] = [
      file,
      { ...file, path: 'b' },
      { ...file, mode: 0o755 },
      { ...file, size: 2 },
      { ...file, sha256: 'cd'.repeat(32) },
      link,
      { ...link, target: 'y' },
      { type: 'directory', path: 'a', mode: 0o644, mtimeMs: 0 },
    ];
    expect(new Set(variants.map((one) => digestOf([one]))).size).toBe(variants.length);
    expect(digestOf([{ ...file, mtimeMs: 9 }])).toBe(digestOf([file]));
  });
});

test('a snapshot that was made to write through a link writes nothing outside of scratch', async () => {
  const world = await createWorld();
  const [scratch, outside] = [join(world.temporary, 'scratch'), join(world.temporary, 'outside')];
  await Promise.all([mkdir(scratch), mkdir(outside)]);
  const stored: StoredSnapshot = {
    async *tree() {
      yield { type: 'link', path: 'd', mtimeMs: 0, target: outside };
      yield { type: 'file', path: 'd/x', mode: 0o644, mtimeMs: 0, size: 1, read: content };
    },
    stream: content,
  };
  async function* content() {
    yield Buffer.from('x');
  }
  await expect(restoreTree(stored, { context: { scratch }, onEntry: () => undefined })).rejects.toThrow(
    '"d/x" could not be restored',
  );
  expect(existsSync(join(outside, 'x'))).toBe(false);
  await world.remove();
});
