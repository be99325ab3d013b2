import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { findNode } from '../../../sandbox/runner/node-binary.js';
import {
  type Behaviour,
  exportRepository,
  type RepositoryFiles,
  releaseFiles,
} from '../../../sandbox/shop/checkout.js';
import type { Shop } from '../../../sandbox/shop/contract.js';
import { startShop } from '../../../sandbox/shop/platform.js';

let directory: string;
let checkout: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shop-repository-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  checkout = await mkdtemp(join(directory, 'checkout-'));
  await write(await exportRepository());
});

async function write(files: RepositoryFiles): Promise<void> {
  for (const [path, { content, mode }] of Object.entries(files)) {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), content, { mode: mode === '100755' ? 0o755 : 0o644 });
  }
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['--noprofile', '--norc', '-c', script],
      { cwd: checkout, env: { PATH: process.env.PATH ?? '', ...env } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('the scripts', () => {
  const candidate = { RELEASE_VERSION: '1.1', RELEASE_TARGET_VERSION: '1.1' };
  let shop: Shop;
  const operate = (script: string, env: Readonly<Record<string, string>> = {}) =>
    run(script, { ...shop.environment(), ...env });

  beforeEach(async () => {
    shop = await startShop({ directory: await mkdtemp(join(directory, 'platform-')) });
    await shop.publish('1.0');
    await shop.setLive('1.0');
  });

  afterEach(() => shop.stop());

  test('carry a release from canary to everybody', async () => {
    await write(releaseFiles('1.1', 'good'));
    expect((await operate('./scripts/deploy.sh canary', candidate)).code).toBe(0);
    expect(shop.version('canary')).toBe('1.1');
    expect((await operate('./scripts/route.sh', { RELEASE_WEIGHT: '10' })).code).toBe(0);
    expect((await operate('./scripts/route.sh --show')).stdout).toBe('10\n');
    expect((await operate('./scripts/deploy.sh', candidate)).code).toBe(0);
    expect((await operate('./scripts/version.sh')).stdout).toBe('1.1\n');
    expect((await operate('./scripts/route.sh', { RELEASE_WEIGHT: '0' })).code).toBe(0);
    expect((await operate('./scripts/remove-canary.sh')).code).toBe(0);
    expect(shop.version('canary')).toBeNull();
  });

  test('can be repeated: deploy, route and remove work twice', async () => {
    await write(releaseFiles('1.1', 'good'));
    for (let count = 0; count < 2; count++) {
      expect((await operate('./scripts/deploy.sh canary', candidate)).code).toBe(0);
      expect((await operate('./scripts/route.sh', { RELEASE_WEIGHT: '50' })).code).toBe(0);
    }
    for (let count = 0; count < 2; count++)
      expect((await operate('./scripts/remove-canary.sh')).code).toBe(0);
    expect(shop.weight()).toBe(50);
  });

  test('go back to a version that is no longer in the checkout', async () => {
    await shop.publish('1.1');
    await shop.setLive('1.1');
    const back = await operate('./scripts/deploy.sh', {
      RELEASE_VERSION: '1.1',
      RELEASE_TARGET_VERSION: '1.0',
    });
    expect(back.code).toBe(0);
    expect(shop.version('stable')).toBe('1.0');
  });

  test('show the maintenance page', async () => {
    expect((await operate('./scripts/maintenance.sh on')).code).toBe(0);
    expect(shop.maintenance()).toBe(true);
  });

  test('fail with the words of the platform when a version ends at its start', async () => {
    await write(releaseFiles('1.1', 'crash-at-start'));
    const { code, stderr } = await operate('./scripts/deploy.sh canary', candidate);
    expect(code).toBe(1);
    expect(stderr).toContain('The setting PAYMENT_URL is missing.');
  });

  test.each([
    ['./scripts/deploy.sh', {}, 1, 'RELEASE_TARGET_VERSION: is not set'],
    ['./scripts/route.sh', { RELEASE_WEIGHT: '101' }, 2, 'from 0 to 100, found "101"'],
    ['./scripts/version.sh canary', {}, 1, 'Nothing runs in the slot canary'],
    ['./scripts/version.sh blue', {}, 2, 'The slot is stable or canary, found "blue"'],
    ['node scripts/shopctl.mjs fly', {}, 2, 'Unknown command "fly"'],
    ['node scripts/shopctl.mjs weight', { SHOP_CONTROL_URL: '' }, 2, 'SHOP_CONTROL_URL is not set'],
    [
      'node scripts/shopctl.mjs weight',
      { SHOP_CONTROL_URL: 'http://127.0.0.1:2' },
      1,
      'cannot be reached (ECONNREFUSED)',
    ],
  ])('%s with %j says what is wrong', async (script, env, code, message) => {
    const ran = await operate(script, env as Record<string, string>);
    expect(ran.stderr.replaceAll(/.*line \d+: /g, '')).toContain(message);
    expect(ran.code).toBe(code);
    expect(ran.stderr).not.toContain('    at ');
  });
});

describe('the functional test', () => {
  test.each<[Behaviour, boolean]>([
    ['good', true],
    ['errors-5-percent', true],
    ['crash-at-start', true],
    ['broken', false],
  ])('of a version that is %s passes: %s', async (behaviour, passes) => {
    await write(releaseFiles('1.1', behaviour));
    const { code } = await run('./scripts/test.sh');
    expect(code === 0).toBe(passes);
  });

  test('runs on the Node of the runner too', async () => {
    const { code } = await run('./scripts/test.sh', {
      PATH: `${dirname(findNode())}:${process.env.PATH ?? ''}`,
    });
    expect(code).toBe(0);
  });
});

describe('the files of the repository', () => {
  test('scripts are executable and everything else is not', async () => {
    const files = await exportRepository();
    const executable = Object.keys(files).filter((path) => files[path]?.mode === '100755');
    expect(executable).toEqual([
      'scripts/deploy.sh',
      'scripts/maintenance.sh',
      'scripts/remove-canary.sh',
      'scripts/route.sh',
      'scripts/shopctl.mjs',
      'scripts/test.sh',
      'scripts/version.sh',
    ]);
    expect(files['.github/gated-release.yml']?.mode).toBe('100644');
  });

  test('every script that the plan names is there', async () => {
    const files = await exportRepository();
    const plan = files['.github/gated-release.yml']?.content ?? '';
    const named = [...plan.matchAll(/\.\/(scripts\/[a-z-]+\.sh)/g)].map(([, path]) => path ?? '');
    expect(named.length).toBeGreaterThan(5);
    for (const path of named) expect(files[path]?.mode).toBe('100755');
  });

  test('every variable that the plan names is set in the workflow', async () => {
    const files = await exportRepository();
    const plan = files['.github/gated-release.yml']?.content ?? '';
    const workflow = parse(files['.github/workflows/release.yml']?.content ?? '') as {
      jobs: { release: { steps: { env?: Record<string, string> }[] } };
    };
    const set = workflow.jobs.release.steps.flatMap(({ env }) => Object.keys(env ?? {}));
    const named = [...new Set([...plan.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name ?? ''))];
    expect(named.filter((name) => !set.includes(name))).toEqual([]);
  });
});
