import { readdir } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { BackupSource } from '../../../src/plan/plan.js';
import { createWorld, type World } from '../world.js';

/** What a kind of source must show to be trusted; each runs in a world of its own. */
export interface SourceCase {
  readonly source: BackupSource;
  /** Puts sound data into the world. */
  prepare(world: World): Promise<void>;
  /** A source of the same kind that cannot be read to its end. */
  readonly broken: BackupSource;
  /** Runs while the source is being read and changes its data. */
  readonly changing: (world: World) => { readonly source: BackupSource; stop(): void };
}

/** Every kind of source passes this suite. */
export function everySourceIsTrusted({ source, prepare, broken, changing }: SourceCase): void {
  const within = async (work: (world: World) => Promise<void>) => {
    const world = await createWorld();
    try {
      await prepare(world);
      await work(world);
      expect(await world.leftInScratch()).toEqual([]);
      expect(await world.stored('staging')).toEqual([]);
    } finally {
      await world.remove();
    }
  };

  test('sound data is proved identical, with an id, digests and a command to restore it', () =>
    within(async (world) => {
      const result = await world.take([source]);
      expect(result.summary).toContain('identical');
      expect(result.sources[0]).toMatchObject({
        name: source.name,
        kind: source.kind,
        proved: 'identical',
        id: expect.stringContaining(source.name),
        restore: expect.stringContaining('restore.sh'),
        problem: null,
      });
      expect(result.sources[0]?.restoredDigest).toBe(result.sources[0]?.digest);
    }));

  test('the same data has the same digest and is stored once', () =>
    within(async (world) => {
      const first = await world.take([source]);
      const objects = await world.stored('objects');
      const second = await world.take([source], { release: '20260203-040506-1234567-z9z9' });
      expect(second.verdict).toBe('passed');
      expect(second.sources[0]?.digest).toBe(first.sources[0]?.digest);
      expect(await world.stored('objects')).toEqual(objects);
      expect(await world.stored('snapshots')).toHaveLength(2);
    }));

  test('a source that cannot be read to its end leaves nothing in the store', () =>
    within(async (world) => {
      const result = await world.take([broken]);
      expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
      expect(result.sources[0]).toMatchObject({ proved: null, id: null, restore: null, digest: null });
      expect(await world.stored('objects')).toEqual([]);
      expect(await world.stored('snapshots')).toEqual([]);
    }));

  test('data that changes while it is read is refused with that reason', () =>
    within(async (world) => {
      const change = changing(world);
      const result = await world.take([change.source]);
      change.stop();
      expect(result.sources[0]?.problem).toContain('changed while it was being');
      expect(result.verdict).toBe('failed');
      expect(await world.stored('snapshots')).toEqual([]);
    }));

  test('taking changes nothing in the workspace', () =>
    within(async (world) => {
      const before = await readdir(world.workspace, { recursive: true });
      await world.take([source]);
      expect(await readdir(world.workspace, { recursive: true })).toEqual(before);
    }));
}
