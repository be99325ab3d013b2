import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createRunDriver } from '../../../src/backup/sources/run.js';
import { openDirectoryStore } from '../../../src/backup/stores/directory.js';
import type { BackupSource, RunBackupSource } from '../../../src/plan/plan.js';
import { label } from '../stores/conformance.js';
import { createWorld, memoryInUse, run, seen, type World } from '../world.js';
import { everySourceIsTrusted } from './conformance.js';

describe('as any source', () => {
  everySourceIsTrusted({
    source: () => run(),
    prepare: (world) => world.write({ 'data.txt': 'rows\n' }),
    broken: () => run({ produce: 'head -c 300000 /dev/zero; kill -9 $$' }),
    isStoredOnce: true,
    changing: () => ({
      source: run({ produce: 'cat data.txt; echo one more >> data.txt' }),
      stop: () => undefined,
    }),
  });
});

describe('a run source', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
    await world.write({ 'data.txt': 'rows of orders\n' });
  });
  afterEach(async () => {
    expect(await world.leftInScratch()).toEqual([]);
    expect(await world.stored('staging')).toEqual([]);
    await world.remove();
  });

  const evidence = async (source: BackupSource) => {
    const result = await world.take([source]);
    return { ...result, source: result.sources[0] };
  };

  test.each([
    ['is killed half-way', 'head -c 300000 /dev/zero; kill -9 $$', 'was ended by SIGKILL'],
    [
      'exits with an error after all its data',
      'cat data.txt; echo connection lost >&2; exit 7',
      'failed with exit code 7',
    ],
    ['prints nothing', 'true', 'printed nothing on stdout'],
    ['fails inside of a pipe', 'false | cat data.txt', 'failed with exit code 1'],
    [
      'leaves a process behind that may still print',
      'cat data.txt; sleep 60 >/dev/null 2>&1 &',
      'left 1 process',
    ],
  ])('whose producer %s is not stored', async (_how, produce, problem) => {
    const { source, reason } = await evidence(run({ produce }));
    expect(source?.problem).toContain(problem);
    expect(source?.proved).toBeNull();
    expect(reason).toBe('backup-failed');
    expect(await world.stored('objects')).toEqual([]);
    expect(await world.stored('snapshots')).toEqual([]);
  });

  test('whose producer hangs is stopped at its timeout', async () => {
    const { source } = await evidence(
      run({ produce: 'head -c 70000 /dev/zero; exec sleep 60', timeoutMs: 700 }),
    );
    expect(source?.problem).toContain('did not end within its timeout of 0.7 s');
    expect(await world.stored('objects')).toEqual([]);
  });

  test('whose consumer fails is stored but not proved, with the last lines of the consumer', async () => {
    const { source, reason } = await evidence(
      run({ consume: 'cat > /dev/null; echo no such role >&2; exit 4' }),
    );
    expect(source).toMatchObject({ proved: 'stored' });
    expect(source?.problem).toContain('`consume` failed with exit code 4');
    expect(source?.problem).toContain('no such role');
    expect(reason).toBe('backup-failed');
  });

  test('whose restored copy differs by one byte is not identical', async () => {
    const { source, reason, verdict } = await evidence(
      run({ consume: 'tr o 0 > "$RELEASE_SCRATCH/data.txt"' }),
    );
    expect({ verdict, reason }).toEqual({ verdict: 'failed', reason: 'backup-not-identical' });
    expect(source).toMatchObject({ proved: 'restorable' });
    expect(source?.digest).not.toBe(source?.restoredDigest);
    expect(source?.problem).toContain(source?.restoredDigest);
  });

  test('whose consumer reads only a part is caught by the fingerprint, and all of the object is verified', async () => {
    writeFileSync(join(world.workspace, 'data.txt'), Buffer.alloc(3_000_000, 'x'));
    const { source, reason } = await evidence(run({ consume: 'head -c 10 > "$RELEASE_SCRATCH/data.txt"' }));
    expect(source).toMatchObject({ proved: 'restorable' });
    expect(reason).toBe('backup-not-identical');
  });

  test('whose fingerprint does not look at the restored copy proves nothing', async () => {
    const { source, reason } = await evidence(
      run({ fingerprint: 'sha256sum < data.txt', consume: 'cat > /dev/null' }),
    );
    expect(source?.problem).toContain('prints the same for an empty directory');
    expect(source?.proved).toBe('taken');
    expect(reason).toBe('backup-failed');
  });

  test.each([
    ['prints nothing', 'true', 'printed nothing'],
    ['fails', 'echo cannot connect >&2; exit 2', '`fingerprint` failed with exit code 2 for the live data'],
  ])('whose fingerprint %s is not taken', async (_how, fingerprint, problem) => {
    const { source } = await evidence(run({ fingerprint }));
    expect(source?.problem).toContain(problem);
    expect(source?.proved).toBeNull();
  });

  test('reads live data with RELEASE_SCRATCH unset, even if the environment has it', async () => {
    const result = await world.take([run({ produce: '[ -z "${RELEASE_SCRATCH+x}" ]; cat data.txt' })], {
      env: { RELEASE_SCRATCH: '/nowhere', RELEASE_STAGE: 'backup' },
    });
    expect(result.verdict).toBe('passed');
  });

  test('shows a digest of a fingerprint that is not one, since that may be data', async () => {
    const { source } = await evidence(run({ fingerprint: 'cat "${RELEASE_SCRATCH:-.}/data.txt"' }));
    expect(source?.proved).toBe('identical');
    expect(source?.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is taken and restored in small pieces, at any length', async () => {
    const memory = memoryInUse();
    const length = 32 * 1024 * 1024;
    const source = {
      ...run(),
      produce: `head -c ${length} /dev/zero`,
      fingerprint: 'echo "${RELEASE_SCRATCH:+copy of }live"',
      timeoutMs: 120_000,
    } as RunBackupSource;
    const driver = createRunDriver(source, world);
    const store = await openDirectoryStore(world.store, world.workspace);
    const writer = await store.begin(label, memory.seeBytes);
    const { bytes, content } = await driver.take(writer, world.context);
    expect(bytes).toBe(length);
    const size = 256 * 1024;
    const stored = {
      stream: async function* () {
        for (let at = 0; at < length; at += size) yield Buffer.alloc(size, at / size);
      },
      tree: async function* () {},
    };
    const context = { ...world.context, scratch: world.temporary, prove: 'restorable' } as const;
    const watched = { ...stored, stream: () => seen(stored.stream(), memory.seeBytes) };
    await driver.restore(watched, { context, content }, async () => 'lent');
    expect(memory.most()).toBeLessThan(12 * 1024 * 1024);
    await writer.discard();
  });

  test('is restored by hand by the command of its evidence', async () => {
    const { source } = await evidence(
      run({ consume: "cat > \"$RELEASE_SCRATCH/data.txt\"; echo 'it'\"'\"'s done'" }),
    );
    execFileSync('bash', ['-c', source?.restore ?? 'false'], { cwd: world.temporary });
    expect(readFileSync(join(world.temporary, 'restored-orders/data.txt'), 'utf8')).toBe('rows of orders\n');
  });
});
