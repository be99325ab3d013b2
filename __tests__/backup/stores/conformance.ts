import { createHash, randomBytes } from 'node:crypto';
import type { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import type { StoredObject } from '../../../src/backup/entry.js';
import type { BackupStore, Snapshot } from '../../../src/backup/provider.js';

export interface StoreCase {
  /** An empty store, and how to see that nothing is left in it. */
  open(): Promise<{
    readonly store: BackupStore;
    contents(): Promise<readonly string[]>;
    remove(): Promise<void>;
  }>;
}

export function snapshotOf(object: StoredObject): Snapshot {
  return {
    release: 'r1',
    environment: 'production',
    source: 'orders',
    kind: 'run',
    takenAt: '2026-01-02T03:04:05.000Z',
    digest: object.sha256,
    bytes: object.size,
    items: null,
    entries: [{ type: 'stream', ...object }],
  };
}

export async function put(
  store: BackupStore,
  content: Buffer,
  name = 'r1-orders',
): Promise<{ id: string; object: StoredObject }> {
  const writer = await store.begin(name, () => undefined);
  const object = await writer.add(async (sink) => void sink.write(content));
  return { id: await writer.commit(snapshotOf(object)), object };
}

export async function get(store: BackupStore, id: string): Promise<Buffer> {
  const { snapshot, read } = await store.open(id);
  const [entry] = snapshot.entries;
  if (entry?.type !== 'stream') throw new Error('no stream');
  const chunks: Uint8Array[] = [];
  for await (const chunk of read(entry)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Every store passes this suite. */
export function everyStoreIsTrusted({ open }: StoreCase): void {
  const within = async (work: (opened: Awaited<ReturnType<StoreCase['open']>>) => Promise<void>) => {
    const opened = await open();
    try {
      await work(opened);
    } finally {
      await opened.remove();
    }
  };

  test('gives back what was put in, to the byte', () =>
    within(async ({ store }) => {
      for (const size of [0, 1, 65_536, 3_000_001]) {
        const content = randomBytes(size);
        const { id, object } = await put(store, content, `r-${size}`);
        expect(object).toEqual({ sha256: createHash('sha256').update(content).digest('hex'), size });
        expect((await get(store, id)).equals(content)).toBe(true);
        expect((await store.open(id)).snapshot).toEqual(snapshotOf(object));
      }
    }));

  test('counts every byte once', () =>
    within(async ({ store }) => {
      let counted = 0;
      const writer = await store.begin('r1-orders', (count) => {
        counted += count;
      });
      await writer.add(async (sink) => void sink.write(Buffer.alloc(100_000)));
      await writer.discard();
      expect(counted).toBe(100_000);
    }));

  test('keeps nothing of what was discarded', () =>
    within(async ({ store, contents }) => {
      const before = await contents();
      const writer = await store.begin('r1-orders', () => undefined);
      await writer.add(async (sink) => void sink.write('data'));
      await writer.discard();
      expect(await contents()).toEqual(before);
    }));

  test('keeps nothing of an object whose producer failed, and tells the reason of the producer', () =>
    within(async ({ store, contents }) => {
      const before = await contents();
      const writer = await store.begin('r1-orders', () => undefined);
      const adding = writer.add(async (sink) => {
        sink.write('half');
        throw new Error('producer died');
      });
      await expect(adding).rejects.toThrow('producer died');
      await writer.discard();
      expect(await contents()).toEqual(before);
    }));

  test('does not count what a producer cut off with success', () =>
    within(async ({ store }) => {
      const writer = await store.begin('r1-orders', () => undefined);
      await expect(
        writer.add(async (sink: Writable) => {
          sink.write('half');
          sink.destroy();
        }),
      ).rejects.toThrow();
      await writer.discard();
    }));

  test('gives a second snapshot of the same name an id of its own', () =>
    within(async ({ store }) => {
      const [first, second] = [await put(store, Buffer.from('1')), await put(store, Buffer.from('2'))];
      expect(first.id).not.toBe(second.id);
      expect((await get(store, first.id)).toString()).toBe('1');
      expect((await get(store, second.id)).toString()).toBe('2');
    }));

  test('names a snapshot that is not there', () =>
    within(async ({ store }) => {
      await expect(store.open('never-taken')).rejects.toThrow('never-taken');
    }));

  test('says what people must know of it', () =>
    within(async ({ store }) => {
      expect(store.caveat).toMatch(/^The store .+\.$/);
    }));
}
