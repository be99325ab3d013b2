import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, rmSync, statSync, truncateSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BackupResult } from '../../src/backup/contract.js';
import { openStore } from '../../src/backup/stores/registry.js';
import { createClock } from '../../src/host/clock.js';
import { needs } from '../components.js';
import { get, put } from './stores/conformance.js';
import { createRepositories, partsOf, type Repositories, restic, serve, until } from './stores/repository.js';
import { createWorld, files, flipBit, realPorts, run, type TakeOptions, type World } from './world.js';

/** Each way in which data is lost on its way into a store and back, and by which reason the gate stays shut. */
needs('restic')('with a repository of restic', () => {
  let repositories: Repositories;
  let world: World;
  let repository: string;
  beforeAll(() => {
    repositories = createRepositories();
  });
  afterAll(() => repositories.remove());
  beforeEach(async () => {
    world = await createWorld();
    repository = repositories.make();
  });
  afterEach(async () => {
    expect(await world.leftInScratch()).toEqual([]);
    await world.remove();
  });

  const take = (source: Parameters<typeof run>[0] = {}, options: TakeOptions = {}) =>
    world.take([run(source)], {
      plan: restic(repository),
      ...options,
      variables: { ...repositories.variables, RESTIC_PACK_SIZE: '4', ...options.variables },
    });
  const nothingStays = () => {
    expect(partsOf(repository, 'snapshots')).toEqual([]);
    expect(partsOf(repository, 'locks')).toEqual([]);
  };

  describe('while it is taken', () => {
    test.each<[string, string]>([
      ['is killed', 'kill -9 $$'],
      ['fails', 'exit 3'],
    ])('a producer that %s half-way leaves no snapshot', async (_how, end) => {
      await world.write({ 'data.txt': 'rows\n' });
      const result = await take({ produce: `cat data.txt; head -c 6000000 /dev/urandom; ${end}` });
      expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
      expect(result.summary).toContain('`produce`');
      nothingStays();
    });

    test('a producer that fails before its first byte leaves no snapshot', async () => {
      await world.write({ 'data.txt': 'rows\n' });
      const result = await take({ produce: 'echo the server is away >&2; exit 1' });
      expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
      expect(result.summary).toContain('the server is away');
      nothingStays();
    });

    test('a file that cannot be read leaves no snapshot, though restic would leave one', async () => {
      await world.write({ 'config/a': 'a', 'config/secret': 's' });
      await withoutRights([join(world.workspace, 'config/secret')], async () => {
        // The store of this test belongs to who may read all; that of a release is opened by whom it runs as.
        const result = await world.take([files('config/**')]);
        expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-failed' });
        expect(result.summary).toContain('"config/secret" cannot be read by the user that runs this job');
        expect(await world.stored('snapshots')).toEqual([]);
      });
    });

    test('a cancel leaves no snapshot', async () => {
      await world.write({ 'data.txt': 'rows\n' });
      const controller = new AbortController();
      const taking = take(
        { produce: 'cat data.txt; touch started; sleep 60' },
        { signal: controller.signal },
      );
      await until(() => world.has('started'));
      controller.abort();
      expect((await taking).sources[0]?.problem).toBe('cancelled before it was proved');
      expect(partsOf(repository, 'snapshots')).toEqual([]);
    });

    test('a restic that is killed is a store that cannot be used', async () => {
      await world.write({ 'data.txt': 'rows\n' });
      const produce = 'head -c 12000000 /dev/urandom; pkill -KILL -P "$(cat parent)" -x restic; sleep 30';
      await world.write({ parent: String(process.pid) });
      const result = await take({ produce });
      expect(result).toMatchObject({ verdict: 'errored', reason: 'backup-store-unusable' });
      expect(result.summary).toContain('was ended by SIGKILL');
      expect(partsOf(repository, 'snapshots')).toEqual([]);
      // Its lock is there for ever, and hinders no backup.
      expect(partsOf(repository, 'locks')).toHaveLength(1);
      expect((await take()).summary).toContain('found identical');
    });

    test('a full disk is named', async () => {
      const disk = join(world.temporary, 'disk');
      await mkdir(disk);
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]).status !== 0) return;
      try {
        spawnSync('cp', ['-a', `${repository}/.`, disk]);
        const result = await take(
          { produce: 'head -c 9000000 /dev/urandom', fingerprint: 'echo x' },
          { plan: restic(disk) },
        );
        expect(result).toMatchObject({ verdict: 'errored', reason: 'backup-store-unusable' });
        expect(result.summary).toContain('is full');
        expect(partsOf(disk, 'snapshots')).toEqual([]);
      } finally {
        spawnSync('umount', [disk]);
      }
    });
  });

  describe('at rest', () => {
    const tampered = async (tamper: () => unknown): Promise<BackupResult> => {
      await world.write({ 'data.txt': Buffer.alloc(500_000, 'all the orders of a shop\n') });
      let work: unknown;
      const result = await take(
        {},
        {
          // restic asks again for what is gone; on a busy machine it may need seconds to begin.
          plan: restic(repository, { timeoutMs: 6000 }),
          onProgress: (line) => {
            if (line.includes('taken,')) work = tamper();
          },
        },
      );
      await work;
      expect(result.sources[0]).toMatchObject({ proved: 'taken', restoredDigest: null });
      return result;
    };
    const first = (part: 'data' | 'index' | 'snapshots') => partsOf(repository, part)[0] ?? '';

    test.each<[string, () => unknown]>([
      ['a bit flipped in a pack', () => flipBit(first('data'), 40)],
      ['a bit flipped in an index', () => flipBit(first('index'), 40)],
      ['a bit flipped in the snapshot', () => flipBit(first('snapshots'), 40)],
      ['packs that are cut off', () => partsOf(repository, 'data').map((pack) => truncateSync(pack, 100))],
      ['packs that are gone', () => partsOf(repository, 'data').map((pack) => rmSync(pack))],
      ['a snapshot that is gone', () => rmSync(first('snapshots'))],
    ])('%s is noticed, and no copy counts', async (_what, tamper) => {
      const result = await tampered(tamper);
      expect(result).toMatchObject({ verdict: 'failed', reason: 'backup-damaged' });
      expect(result.summary).toContain('restic check --read-data');
    });
  });

  test('a repository cut off anywhere gives back all of the data or none', async () => {
    const content = randomBytes(20_000);
    const open = (path: string) =>
      openStore(restic(path, { timeoutMs: 6000 }).store, {
        ...realPorts(world.workspace, repositories.variables),
        ...{ clock: createClock(), env: repositories.variables },
        ...{ workspace: world.workspace, environment: 'production' },
      });
    const { id, object } = await put(await open(repository), content);
    const part = fc.constantFrom('data', 'index', 'snapshots');
    const cuts = fc.sample(fc.tuple(part, fc.double({ min: 0, max: 0.999, noNaN: true })), {
      seed: 4,
      numRuns: 6,
    });
    // Each has a copy of its own, since restic asks again for seconds for what is gone.
    const given = cuts.map(async ([cut, share], n) => {
      const copy = join(world.temporary, `copy-${n}`);
      cpSync(repository, copy, { recursive: true });
      const path = partsOf(copy, cut)[0] ?? '';
      chmodSync(path, 0o600);
      truncateSync(path, Math.floor(share * statSync(path).size));
      const found = await get(await open(copy), id, object).catch((error: { code?: string }) => error.code);
      const isSound = found instanceof Buffer && found.equals(content);
      return isSound ? 'sound' : String(found);
    });
    for (const one of await Promise.all(given)) expect(['sound', 'damaged']).toContain(one);
  });

  describe('a repository that cannot be used', () => {
    test.each<[string, TakeOptions, string]>([
      [
        'for want of the right password',
        { variables: { RESTIC_PASSWORD: 'another-password' } },
        'the password does not open',
      ],
      ['for want of any password', { variables: { RESTIC_PASSWORD: '' } }, 'none of RESTIC_PASSWORD'],
      ['since there is none', { plan: restic('/tmp/gated-release-no-repository') }, 'restic init'],
      ['since a variable is missing', { plan: restic('${NOWHERE}') }, 'names NOWHERE, which is not set'],
      [
        'since it would be lost with the machine',
        { plan: restic('/var/backups', { sameMachine: false }) },
        'same-machine: true',
      ],
      [
        'since nothing listens there',
        { plan: restic('rest:http://127.0.0.1:9/', { timeoutMs: 1500 }) },
        '127.0.0.1:9',
      ],
    ])('%s', async (_why, options, said) => {
      await world.write({ 'data.txt': 'rows\n' });
      const result = await take({}, options);
      expect(result).toMatchObject({ verdict: 'errored', reason: 'backup-store-unusable' });
      expect(result.summary).toContain(said);
      expect(result.summary).not.toContain('another-password');
    });

    test('since another restic holds it', async () => {
      const other = spawn('restic', ['--repo', repository, 'check', '--read-data'], {
        env: { ...process.env, ...repositories.variables },
        stdio: 'ignore',
      });
      try {
        await until(() => partsOf(repository, 'locks').some((path) => /[0-9a-f]{64}$/.test(path)));
        other.kill('SIGSTOP');
        await world.write({ 'data.txt': 'rows\n' });
        const result = await take();
        expect(result).toMatchObject({ verdict: 'errored', reason: 'backup-store-unusable' });
        expect(result.summary).toContain('is locked by another restic');
        expect(result.summary).toContain(`PID ${other.pid}`);
      } finally {
        other.kill('SIGKILL');
        await once(other, 'exit');
      }
    });
  });

  needs('rclone')('behind a server', () => {
    test('one that is away for good is given up', async () => {
      const server = await serve(repository);
      await world.write({ 'data.txt': 'rows\n' });
      const produce =
        'head -c 6000000 /dev/urandom; touch half; while [ ! -e on ]; do sleep 0.1; done; head -c 9000000 /dev/urandom';
      const taking = take({ produce }, { plan: restic(server.address, { timeoutMs: 1500 }) });
      await until(() => world.has('half'));
      await server.stop();
      await world.write({ on: '' });
      const result = await taking;
      expect(result).toMatchObject({ verdict: 'errored', reason: 'backup-store-unusable' });
      expect(result.summary).toContain('neither took nor gave a byte for 1.5 s');
      expect(partsOf(repository, 'snapshots')).toEqual([]);
    });
  });
});

/** Does work as somebody who may not read some files: root may read all. */
async function withoutRights(paths: readonly string[], work: () => Promise<void>): Promise<void> {
  for (const path of paths) chmodSync(path, 0);
  if (process.getuid?.() !== 0) return work();
  const root = dirname(dirname(dirname(paths[0] ?? '')));
  spawnSync('chown', ['-R', 'nobody', root]);
  const own = process.cwd();
  process.chdir('/');
  process.seteuid?.('nobody');
  try {
    await work();
  } finally {
    process.seteuid?.(0);
    process.chdir(own);
  }
}
