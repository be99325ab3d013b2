import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BackupResult } from '../../../src/backup/contract.js';
import { openStore } from '../../../src/backup/stores/registry.js';
import { createClock } from '../../../src/host/clock.js';
import { isInstalled, needs } from '../../components.js';
import { argumentsOf } from '../servers.js';
import { createWorld, files, realPorts, run, type World } from '../world.js';
import { everyStoreIsTrusted, get, label, put } from './conformance.js';
import {
  createRepositories,
  PASSWORD,
  partsOf,
  type Repositories,
  restic,
  serve,
  until,
} from './repository.js';

needs('restic')('a repository of restic', () => {
  let repositories: Repositories;
  /** Goes on beside the other tests, since most of it is waiting. */
  let away: Promise<BackupResult> | null = null;
  beforeAll(() => {
    repositories = createRepositories();
    if (isInstalled('rclone')) away = throughAnOutage(repositories, 25_000);
    away?.catch(() => undefined);
  });
  afterAll(() => repositories.remove());

  const open = (repository: string, variables = repositories.variables) =>
    openStore(restic(repository).store, {
      ...realPorts(tmpdir(), variables),
      clock: createClock(),
      env: variables,
      workspace: tmpdir(),
      environment: 'production',
    });

  describe('as any store', () => {
    everyStoreIsTrusted({
      async open() {
        const repository = repositories.make();
        return {
          store: await open(repository),
          contents: async () => [...partsOf(repository, 'snapshots'), ...partsOf(repository, 'locks')],
          remove: async () => rmSync(repository, { recursive: true }),
        };
      },
    });
  });

  test('lists the backups of one source, the newest first, and removes by id what nobody needs', async () => {
    const repository = repositories.make();
    const store = await open(repository);
    const first = await put(store, Buffer.from('1'), { release: 'r1' });
    await put(store, Buffer.from('other'), { source: 'other' });
    const second = await put(store, Buffer.from('2'), { release: 'r2' });
    const heads = await store.list(label);
    expect(heads.map(({ release, kind }) => [release, kind])).toEqual([
      ['r2', 'run'],
      ['r1', 'run'],
    ]);
    await store.remove([first.id]);
    expect((await store.list(label)).map(({ release }) => release)).toEqual(['r2']);
    expect(partsOf(repository, 'snapshots')).toHaveLength(2);
    expect((await get(store, second.id, second.object)).toString()).toBe('2');
  });

  test('is asked for an id only, never for what an option or `latest` would mean', async () => {
    const store = await open(repositories.make());
    for (const id of ['latest', '--help', 'abc', '0123abcd/../..'])
      await expect(get(store, id)).rejects.toThrow('is not the id of a snapshot');
  });

  describe('in a release', () => {
    let world: World;
    beforeEach(async () => {
      world = await createWorld();
    });
    afterEach(() => world.remove());

    test('keeps files and streams, proves them, and gives them back by hand', async () => {
      await world.write({ 'config/a': 'aaa', 'config/.env': 'SECRET=1', 'data.txt': 'rows\n' });
      const seen = argumentsOf(PASSWORD);
      const result = await world.take([files('config/**'), run()], {
        plan: restic('${REPOSITORY}'),
        variables: { ...repositories.variables, REPOSITORY: repositories.make() },
      });
      expect(await seen.stop()).toEqual([]);
      expect(result.summary).toContain('found identical');
      expect(result.summary).toContain('"${REPOSITORY}" is encrypted');
      expect(result.sources.map(({ items }) => items)).toEqual([2, null]);
      expect(result.sources[0]?.restore).toContain('RESTIC_REPOSITORY="${REPOSITORY}" restic dump');
    });

    test('gives files back in the place of the live ones, whether or not the record has the length of the stream', async () => {
      const options = { plan: restic(repositories.make()), variables: repositories.variables };
      const sources = [files('config/**')];
      await world.write({ 'config/a': 'good' });
      const [taken] = (await world.take(sources, options)).sources;
      const { name: source = '', kind = '', bytes = 0, digest = null, sha256 = null } = taken ?? {};
      const kept = { source, kind, id: taken?.id ?? '', sha256, digest, takenAt: taken?.takenAt ?? '' };
      expect(taken?.streamBytes).toBeGreaterThan(bytes);
      await world.write({ 'config/a': 'spoiled' });
      const other = world.restorer(sources, [{ ...kept, size: bytes }], options);
      await expect(other.restoreBeside()).rejects.toMatchObject({ code: 'damaged' });
      for (const size of [null, taken?.streamBytes ?? null])
        await world.restorer(sources, [{ ...kept, size }], options).restoreBeside();
      const changed = world.restorer(sources, [{ ...kept, sha256: '0'.repeat(64), size: null }], options);
      await expect(changed.restoreBeside()).rejects.toMatchObject({ code: 'damaged' });
      const restorer = world.restorer(sources, [{ ...kept, size: taken?.streamBytes ?? null }], options);
      await restorer.restoreBeside();
      await restorer.swap();
      expect(readFileSync(join(world.workspace, 'config/a'), 'utf8')).toBe('good');
    });

    test('restores by hand what it kept, and a half of it is a failure', async () => {
      const repository = repositories.make();
      await world.write({ 'config/a': 'aaa', 'config/deep/b': 'b' });
      const result = await world.take([files('config/**')], {
        plan: restic(repository),
        variables: repositories.variables,
      });
      const command = result.sources[0]?.restore ?? '';
      const byHand = (cwd: string) =>
        execFileSync('bash', ['--norc', '-c', command], {
          cwd,
          env: { PATH: process.env.PATH, HOME: cwd, ...repositories.variables },
          stdio: ['ignore', 'ignore', 'ignore'],
        });
      byHand(world.temporary);
      expect(readFileSync(join(world.temporary, 'restored-settings/config/deep/b'), 'utf8')).toBe('b');
      for (const pack of partsOf(repository, 'snapshots')) rmSync(pack);
      const elsewhere = mkdtempSync(join(world.temporary, 'elsewhere-'));
      expect(() => byHand(elsewhere)).toThrow();
      expect(readdirSync(join(elsewhere, 'restored-settings'))).toEqual([]);
      expect(existsSync(join(elsewhere, 'restored-settings/config'))).toBe(false);
    });
  });

  needs('rclone')('behind a server', () => {
    test('that is away for 25 seconds in the middle of a backup is waited for', async () => {
      expect((await away)?.summary).toContain('found identical');
    });
  });
});

/** Takes a backup whose store is away from the middle of it on, for a while. */
async function throughAnOutage(repositories: Repositories, ms: number): Promise<BackupResult> {
  const world = await createWorld();
  const server = await serve(repositories.make());
  try {
    await world.write({ 'data.txt': Buffer.alloc(18_000_000, 'rows\n') });
    // More than what is under way to restic: so it has begun when the half is written.
    const produce =
      'head -c 12000000 data.txt; touch half; while [ ! -e on ]; do sleep 0.1; done; tail -c +12000001 data.txt';
    const taking = world.take([run({ produce, timeoutMs: 120_000 })], {
      plan: restic(server.address, { timeoutMs: 120_000 }),
      variables: { ...repositories.variables, RESTIC_PACK_SIZE: '4' },
    });
    await until(() => world.has('half'));
    await server.stop();
    await world.write({ on: '' });
    await sleep(ms);
    await server.restart();
    return await taking;
  } finally {
    await server.stop();
    await world.remove();
  }
}
