import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BackupResult } from '../../../src/backup/contract.js';
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
    expect(isSame).toBe(isStoredOnce);
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
