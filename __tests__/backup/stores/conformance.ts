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

export const label = {
  release: 'r1',
  service: 'shop',
  environment: 'production',
  source: 'orders',
  kind: 'run',
} as const;

export function snapshotOf(object: StoredObject, of: Partial<Snapshot> = {}): Snapshot {
  return {
    ...label,
    takenAt: '2026-01-02T03:04:05.000Z',
    entries: [{ type: 'stream', ...object }],
    ...of,
  };
}

export async function put(
  store: BackupStore,
  content: Buffer,
  of: Partial<Snapshot> = {},
): Promise<{ id: string; object: StoredObject }> {
  const writer = await store.begin({ ...label, ...of }, () => undefined);
  const object = await writer.stream(async (sink) => void sink.write(content));
  return { id: await writer.commit(snapshotOf(object, of)), object };
}

export async function get(
  store: BackupStore,
  id: string,
  expected: StoredObject | null = null,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const stored = await store.open(id, { source: label.source, expected });
  for await (const chunk of stored.stream()) chunks.push(chunk);
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
      for (const size of [1, 65_536, 3_000_001]) {
        const content = randomBytes(size);
        const { id, object } = await put(store, content, { release: `r-${size}` });
        expect(object).toEqual({ sha256: createHash('sha256').update(content).digest('hex'), size });
        expect((await get(store, id, object)).equals(content)).toBe(true);
      }
    }));

  test('counts every byte once', () =>
    within(async ({ store }) => {
      let counted = 0;
      const writer = await store.begin(label, (count) => {
        counted += count;
      });
      await writer.stream(async (sink) => void sink.write(Buffer.alloc(100_000)));
      await writer.discard();
      expect(counted).toBe(100_000);
    }));

  test('keeps nothing of what was discarded', () =>
    within(async ({ store, contents }) => {
      const before = await contents();
      const writer = await store.begin(label, () => undefined);
      await writer.stream(async (sink) => void sink.write('data'));
      await writer.discard();
      expect(await contents()).toEqual(before);
    }));

  test('keeps nothing of an object whose producer failed, and tells the reason of the producer', () =>
    within(async ({ store, contents }) => {
      const before = await contents();
      const writer = await store.begin(label, () => undefined);
      const adding = writer.stream(async (sink) => {
        sink.write('half');
        throw new Error('producer died');
      });
      await expect(adding).rejects.toThrow('producer died');
      await writer.discard();
      expect(await contents()).toEqual(before);
    }));

  test('does not count what a producer cut off with success', () =>
    within(async ({ store }) => {
      const writer = await store.begin(label, () => undefined);
      await expect(
        writer.stream(async (sink: Writable) => {
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
      expect((await get(store, first.id, first.object)).toString()).toBe('1');
      expect((await get(store, second.id, second.object)).toString()).toBe('2');
    }));

  test('names a snapshot that is not there', () =>
    within(async ({ store }) => {
      const { object } = await put(store, Buffer.from('1'));
      await expect(get(store, '0123abcd', object)).rejects.toThrow('0123abcd');
    }));

  test('says what people must know of it', () =>
    within(async ({ store }) => {
      expect(store.caveat).toMatch(/^The store .+\.$/);
    }));
}
