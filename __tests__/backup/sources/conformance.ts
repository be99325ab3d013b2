import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BackupResult } from '../../../src/backup/contract.js';
import type { BackupStore } from '../../../src/backup/provider.js';
import { openDirectoryStore } from '../../../src/backup/stores/directory.js';
import type { BackupSource } from '../../../src/plan/plan.js';
import { createWorld, type World } from '../world.js';

/** What a kind of source whose bytes go through a store must show to be trusted. */
export interface SourceCase {
  /** Asked when the tests run: a server may have to be started first. */
  readonly source: () => BackupSource;
  /** Puts sound data into the world. */
  prepare(world: World): Promise<void>;
  /** A source of the same kind that cannot be read to its end. */
  readonly broken: () => BackupSource;
  /** Whether equal data makes equal bytes, which are then stored once. */
  readonly isStoredOnce: boolean;
  /**
   * Runs while the source is being read and changes its data. Null for a source that reads a snapshot, which shows
   * that in tests of its own.
   */
  readonly changing: ((world: World) => { readonly source: BackupSource; stop(): void }) | null;
}

/** Every kind of source passes this suite. Its worlds are few, since some kinds start a server for each copy. */
export function everySourceIsTrusted({ source, prepare, broken, isStoredOnce, changing }: SourceCase): void {
  let world: World;
  let files: { readonly before: readonly string[]; readonly after: readonly string[] };
  let results: readonly (BackupResult['sources'][number] | undefined)[];

  beforeAll(async () => {
    world = await createWorld();
    await prepare(world);
    const before = await readdir(world.workspace, { recursive: true });
    const first = await world.take([source()]);
    const second = await world.take([source()], { release: '20260203-040506-1234567-z9z9' });
    files = { before, after: await readdir(world.workspace, { recursive: true }) };
    results = [...first.sources, ...second.sources];
  });
  afterAll(() => world.remove());

  const withNothingLeft = async (elsewhere: World) => {
    expect(await elsewhere.leftInScratch()).toEqual([]);
    expect(await elsewhere.stored('staging')).toEqual([]);
  };

  test('sound data is proved identical, with an id, digests and a command to restore it', async () => {
    const { name, kind } = source();
    expect(results[0]).toMatchObject({
      name,
      kind,
      proved: 'identical',
      id: expect.stringContaining(name),
      restore: expect.stringContaining('restore.sh'),
      problem: null,
    });
    expect(results[0]?.restoredDigest).toBe(results[0]?.digest);
    await withNothingLeft(world);
  });

  test('the same data has the same digest, and the same bytes are stored once', async () => {
    expect(results[1]?.digest).toBe(results[0]?.digest);
    expect(results[1]?.parts).toEqual(results[0]?.parts);
    expect(await world.stored('snapshots')).toHaveLength(2);
    const isSame = results[1]?.sha256 === results[0]?.sha256;
    // An archive that holds the time is the same again within a second.
    expect(isSame || !isStoredOnce).toBe(true);
  });

  test('taking changes nothing in the workspace', () => {
    expect(files.after).toEqual(files.before);
  });

  test('a source that cannot be read to its end leaves nothing in the store', async () => {
    const elsewhere = await createWorld();
    try {
      await prepare(elsewhere);
      const result = await elsewhere.take([broken()]);
      expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
      expect(result.sources[0]).toMatchObject({ proved: null, id: null, restore: null, digest: null });
      expect(await elsewhere.stored('objects')).toEqual([]);
      expect(await elsewhere.stored('snapshots')).toEqual([]);
      await withNothingLeft(elsewhere);
    } finally {
      await elsewhere.remove();
    }
  });

  test('what is stored of it, cut off or changed at any place, is never given back as sound', async () => {
    const store = await openDirectoryStore(world.store, world.workspace);
    const objects = await world.stored('objects');
    const problems = () => Promise.all(results.map((one) => (one ? problemOf(store, one) : null)));
    expect(await problems()).toEqual([null, null]);
    const anywhere = fc.asyncProperty(fc.nat(), fc.nat(), fc.option(fc.nat(7)), async (which, place, bit) => {
      const object = objects[which % objects.length] ?? '';
      const sound = readFileSync(object);
      const at = place % sound.length;
      const bad = Buffer.from(bit === null ? sound.subarray(0, at) : sound);
      if (bit !== null) bad[at] = (bad[at] ?? 0) ^ (1 << bit);
      writeFileSync(object, bad);
      try {
        expect(await problems()).toContain('damaged');
      } finally {
        writeFileSync(object, sound);
      }
    });
    await fc.assert(anywhere, { seed: 6, numRuns: 40 });
  });

  test('one byte less in the store than was taken shuts the gate by `backup-damaged`', async () => {
    const elsewhere = await createWorld();
    try {
      await prepare(elsewhere);
      const result = await elsewhere.take([source()], {
        plan: { prove: 'stored' },
        onProgress: (line) => {
          if (line.includes(': taken,')) shorten(join(elsewhere.store, 'objects'));
        },
      });
      expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-damaged' });
      expect(result.sources[0]).toMatchObject({ proved: 'taken' });
      await withNothingLeft(elsewhere);
    } finally {
      await elsewhere.remove();
    }
  });

  if (changing === null) return;
  test('data that changes while it is read is refused with that reason', async () => {
    const elsewhere = await createWorld();
    try {
      await prepare(elsewhere);
      const change = changing(elsewhere);
      const result = await elsewhere.take([change.source]);
      change.stop();
      expect(result.sources[0]?.problem).toContain('changed while it was being');
      expect(result.verdict).toBe('failed');
      expect(await elsewhere.stored('snapshots')).toEqual([]);
      await withNothingLeft(elsewhere);
    } finally {
      await elsewhere.remove();
    }
  });
}

type Evidence = BackupResult['sources'][number];

/** Reads a backup to its end, and gives the code of what stands against it. */
async function problemOf(
  store: BackupStore,
  { id, name, items, sha256, bytes }: Evidence,
): Promise<string | null> {
  try {
    const expected = sha256 === null ? null : { sha256, size: bytes };
    const stored = await store.open(id ?? '', { source: name, expected });
    if (items === null) for await (const _chunk of stored.stream());
    else
      for await (const item of stored.tree())
        if (item.type === 'file') for await (const _chunk of item.read());
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

function shorten(directory: string): void {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const object = names.map((name) => join(directory, name)).find((path) => statSync(path).isFile()) ?? '';
  truncateSync(object, statSync(object).size - 1);
}
