import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { difference, type Part } from '../../src/backup/content.js';
import { notKept } from '../../src/backup/retention.js';
import { createWorld, files, run, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.write({ 'data.txt': 'rows\n', 'config/a': 'a', 'config/b': 'bb' });
});
afterEach(async () => {
  expect(await world.leftInScratch()).toEqual([]);
  await world.remove();
});

describe('how far a backup is proved', () => {
  const lossy = run({ consume: 'tr r R > "$RELEASE_SCRATCH/data.txt"' });
  const unreadable = run({ consume: 'cat > /dev/null; exit 1' });

  test.each([
    ['taken', unreadable, 'taken', 'whether it can be restored is not known'],
    ['stored', unreadable, 'stored', 'whether it can be restored is not known'],
    ['restorable', lossy, 'restorable', 'whether the copy is identical is not known'],
    ['identical', run(), 'identical', 'found identical'],
  ] as const)('%s proves that and no more', async (prove, source, proved, said) => {
    const result = await world.take([source], { plan: { prove } });
    expect(result.verdict).toBe('passed');
    expect(result.sources[0]).toMatchObject({ proved, problem: null });
    expect(result.summary).toContain(said);
  });

  test('usable runs a script on the copy of each source that has one', async () => {
    const usable = {
      run: 'test "$(cat "$RELEASE_SCRATCH/data.txt")" = rows; touch tried',
      timeoutMs: 10_000,
    };
    const sources = [run({ usable }), files('config/**')];
    const result = await world.take(sources, { plan: { prove: 'usable' } });
    expect(result.sources.map(({ proved }) => proved)).toEqual(['usable', 'identical']);
    expect(world.has('tried')).toBe(true);
  });

  test('a copy that the script cannot use fails the gate by a reason of its own', async () => {
    const usable = { run: 'echo column exists already >&2; exit 4', timeoutMs: 10_000 };
    const result = await world.take([run({ usable })], { plan: { prove: 'usable' } });
    expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-not-usable' });
    expect(result.sources[0]).toMatchObject({ proved: 'identical' });
    expect(result.summary).toContain('column exists already');
  });
});

describe('names of tables and files', () => {
  test.each([
    [true, null, false],
    [false, null, true],
    [true, true, true],
    [false, false, false],
  ])(
    'are shown as the plan says, else unless the repository is public (%p, %p)',
    async (isPublic, showParts, shown) => {
      const result = await world.take([files('config/**')], { isPublic, plan: { showParts } });
      expect(result.showsParts).toBe(shown);
      expect([...(result.sources[0]?.parts ?? [])].map(({ name }) => name)).toEqual([
        'config',
        'config/a',
        'config/b',
      ]);
    },
  );

  const part = (name: string, of: Partial<Part> = {}): Part => {
    return { name, kind: 'table', rows: 5, bytes: 10, digest: 'aa', ...of };
  };
  const original = { digest: '1', parts: [part('orders'), part('customers')] };

  test.each([
    [[part('orders')], '"customers" (missing in the copy)'],
    [[part('orders'), part('customers', { rows: 4 })], '"customers" (5 rows became 4)'],
    [[part('orders'), part('customers', { digest: 'bb' })], '"customers" (other content)'],
    [[part('orders'), part('customers', { bytes: 9, digest: 'bb' })], '"customers" (10 bytes became 9)'],
    [[part('orders'), part('customers'), part('carts')], '"carts" (only in the copy)'],
    [[part('orders', { kind: 'view' }), part('customers')], '"orders" (table became view)'],
    [[part('orders'), part('customers')], 'differs as a whole'],
  ])('say where a copy differs, and are left out where they are private', (parts, said) => {
    const copy = { digest: '2', parts };
    expect(difference(original, copy, { showsNames: true })).toContain(said);
    const hidden = difference(original, copy, { showsNames: false });
    expect(hidden).not.toMatch(/orders|customers|carts/);
  });

  test('do not matter where the digest is equal', () => {
    expect(difference(original, { ...original, parts: [] }, { showsNames: true })).toBeNull();
  });
});

describe('how many backups are kept', () => {
  const release = (n: number) => `2026010${n}-000000-abcdef0-x1y2`;
  const head = (n: number) => ({
    ...{ id: `id-${n}`, release: release(n), service: 'shop', environment: 'production' },
    ...{ source: 'orders', kind: 'run', takenAt: '2026-01-02T03:04:05.000Z' },
  });

  test('is the newest ones, and those of this release and of the last promoted one', () => {
    const heads = [5, 4, 3, 2, 1].map(head);
    expect(notKept(heads, { keep: 2, needed: [release(5), release(2)] })).toEqual(['id-3', 'id-1']);
    expect(notKept(heads, { keep: 9, needed: [] })).toEqual([]);
  });

  test('old ones are removed with what only they needed, once the new one is proved', async () => {
    const take = async (n: number, broken = false) => {
      await world.write({ 'data.txt': `rows ${n}\n` });
      const source = broken ? run({ consume: 'false' }) : run();
      return world.take([source], {
        release: release(n),
        lastPromoted: release(1),
        plan: { keep: 1 },
      });
    };
    for (const n of [1, 2, 3]) expect((await take(n)).notes).toEqual([]);
    const kept = () => readdirSync(`${world.store}/snapshots`).sort();
    expect(kept()).toEqual([`${release(1)}-orders.json`, `${release(3)}-orders.json`]);
    expect(await world.stored('objects')).toHaveLength(2);
    await take(4, true);
    expect(kept()).toHaveLength(3);
  });

  test('nothing is removed while another release is writing, which is said and shuts no gate', async () => {
    const options = (n: number) => ({ release: release(n), plan: { keep: 1 } });
    await world.take([run()], options(1));
    await world.write({ 'data.txt': 'other rows\n', '../store/staging/another-release/object': 'half' });
    const result = await world.take([run()], options(2));
    expect(result.verdict).toBe('passed');
    expect(result.notes.join()).toContain('another release is writing there');
    expect(readdirSync(`${world.store}/snapshots`)).toHaveLength(2);
  });
});
