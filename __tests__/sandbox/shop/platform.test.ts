import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Behaviour, sourceFiles } from '../../../sandbox/shop/checkout.js';
import type { Shop } from '../../../sandbox/shop/contract.js';
import { startShop } from '../../../sandbox/shop/platform.js';
import { chooseArm } from '../../../sandbox/shop/router.js';

let directory: string;
let shop: Shop;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shop-'));
  shop = await startShop({ directory });
});

afterEach(async () => {
  await shop.stop();
  await rm(directory, { recursive: true, force: true });
});

async function publish(version: string, behaviour: Behaviour = 'good'): Promise<void> {
  await shop.publish(version, await sourceFiles(version, behaviour));
}

async function control(method: string, path: string, body?: object) {
  const response = await fetch(shop.controlUrl + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as { error?: string } };
}

const statusOf = async (url: string) => (await fetch(url)).status;
const textOf = async (url: string) => (await fetch(url)).text();

async function ask(url: string, times: number) {
  const statuses: number[] = [];
  for (let count = 0; count < times; count++) {
    const response = await fetch(url);
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  return statuses;
}

describe('the share of the canary', () => {
  test.each([0, 1, 5, 10, 25, 50, 99, 100])(
    '%i percent is off by two requests of a thousand at most',
    (weight) => {
      const arms = Array.from({ length: 1000 }, (_, turn) => chooseArm(turn, weight));
      const canary = arms.filter((arm) => arm === 'canary').length;
      expect(Math.abs(canary - weight * 10)).toBeLessThanOrEqual(2);
    },
  );

  test('no window of forty turns starves or floods a canary of 10 percent', () => {
    for (let start = 0; start < 2000; start++) {
      const canary = Array.from({ length: 40 }, (_, turn) => chooseArm(start + turn, 10)).filter(
        (arm) => arm === 'canary',
      ).length;
      expect(canary).toBeGreaterThanOrEqual(3);
      expect(canary).toBeLessThanOrEqual(6);
    }
  });
});

describe('a shop with two versions', () => {
  beforeEach(async () => {
    await publish('1.0');
    await publish('1.1');
    await shop.setLive('1.0');
    await control('PUT', '/slots/canary', { version: '1.1' });
  });

  test('splits public traffic by the weight and names the arm and the version', async () => {
    await control('PUT', '/weight', { weight: 25 });
    const versions: (string | null)[] = [];
    for (let count = 0; count < 100; count++) {
      const response = await fetch(`${shop.publicUrl}/orders`);
      await response.arrayBuffer();
      versions.push(response.headers.get('x-shop-version'));
      expect(response.headers.get('x-shop-arm')).toBe(versions.at(-1) === '1.1' ? 'canary' : 'stable');
    }
    const canary = versions.filter((version) => version === '1.1').length;
    expect(Math.abs(canary - 25)).toBeLessThanOrEqual(2);
    expect(shop.requests().public).toEqual({
      stable: { total: 100 - canary, failed: 0 },
      canary: { total: canary, failed: 0 },
    });
  });

  test('answers each arm at its own URL, and by header at the public one', async () => {
    expect(await textOf(`${shop.baselineUrl}/version`)).toBe('1.0\n');
    expect(await textOf(`${shop.canaryUrl}/version`)).toBe('1.1\n');
    const chosen = await fetch(`${shop.publicUrl}/version`, { headers: { 'x-shop-arm': 'canary' } });
    expect(await chosen.text()).toBe('1.1\n');
    expect(shop.requests().direct.canary.total).toBe(1);
  });

  test('loses no request while stable is deployed under load', async () => {
    let stop = false;
    const load = Array.from({ length: 4 }, async () => {
      const statuses: number[] = [];
      while (!stop) statuses.push(...(await ask(`${shop.publicUrl}/orders`, 1)));
      return statuses;
    });
    await shop.setLive('1.1');
    await shop.setLive('1.0');
    stop = true;
    const statuses = (await Promise.all(load)).flat();
    expect(statuses.length).toBeGreaterThan(10);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });

  test('fails the share of the traffic that goes to a canary that is gone', async () => {
    await control('DELETE', '/slots/canary');
    await control('PUT', '/weight', { weight: 50 });
    const statuses = await ask(`${shop.publicUrl}/`, 20);
    const failed = statuses.filter((status) => status === 503).length;
    expect(Math.abs(failed - 10)).toBeLessThanOrEqual(1);
    expect(shop.requests().public.canary).toEqual({ total: failed, failed });
  });

  test('shows everybody the maintenance page, and ends that', async () => {
    await control('PUT', '/maintenance', { on: true });
    expect(await statusOf(`${shop.publicUrl}/`)).toBe(503);
    await control('PUT', '/maintenance', { on: false });
    expect(await statusOf(`${shop.publicUrl}/`)).toBe(200);
  });

  test('leaves no process behind when it stops, and stops twice without harm', async () => {
    const { slots } = shop.state();
    await shop.stop();
    await shop.stop();
    for (const slot of [slots.stable, slots.canary]) {
      expect(() => process.kill(slot?.pid ?? 0, 0)).toThrow('ESRCH');
    }
  });
});

describe('what the control API refuses', () => {
  test('a version that is not published is refused with the list of those that are', async () => {
    await publish('1.0');
    const { status, body } = await control('PUT', '/slots/canary', { version: '2.0' });
    expect(status).toBe(404);
    expect(body.error).toBe('Version "2.0" is not published. Published: 1.0.');
  });

  test('a version that ends at its start is refused with its last words, and the slot stays as it was', async () => {
    await publish('1.0');
    await publish('1.1', 'crash-at-start');
    await shop.setLive('1.0');
    const { status, body } = await control('PUT', '/slots/stable', { version: '1.1' });
    expect(status).toBe(502);
    expect(body.error).toContain('The setting PAYMENT_URL is missing.');
    expect(shop.version('stable')).toBe('1.0');
    expect(await statusOf(shop.publicUrl)).toBe(200);
  });

  test('the same version with other content is refused, with the same content it is not', async () => {
    await publish('1.0');
    await publish('1.0');
    await expect(publish('1.0', 'slow')).rejects.toThrow(
      'Version "1.0" is published with another shop/release.json.',
    );
  });

  test.each([
    ['PUT', '/weight', { weight: 101 }, 400, 'from 0 to 100, found 101'],
    ['PUT', '/weight', { weight: '5' }, 400, 'found "5"'],
    ['PUT', '/slots/blue', { version: '1.0' }, 404, 'There is no slot "blue"'],
    ['DELETE', '/slots/stable', undefined, 409, 'cannot be emptied'],
    ['PUT', '/versions/..%2Fx', { files: { 'shop/server.mjs': 'x' } }, 400, 'A version is letters'],
    ['PUT', '/versions/1', { files: { 'shop/server.mjs': 'x', '../x': 'x' } }, 400, 'plain relative path'],
    ['POST', '/state', undefined, 404, 'nothing at POST /state'],
  ])('%s %s with %j is refused', async (method, path, body, expected, message) => {
    const answer = await control(method, path, body);
    expect(answer.status).toBe(expected);
    expect(answer.body.error).toContain(message);
  });
});

describe('the behaviours', () => {
  async function live(behaviour: Behaviour): Promise<void> {
    await publish('2.0', behaviour);
    await shop.setLive('2.0');
  }

  test('errors-5-percent fails 5 of 100 requests, and its health stays good', async () => {
    await live('errors-5-percent');
    const statuses = await ask(`${shop.publicUrl}/orders`, 100);
    expect(statuses.filter((status) => status === 500)).toHaveLength(5);
    expect(await ask(`${shop.publicUrl}/health`, 30)).not.toContain(500);
  });

  test('slow takes more than 300 milliseconds', async () => {
    await live('slow');
    const started = performance.now();
    await ask(`${shop.publicUrl}/orders`, 1);
    expect(performance.now() - started).toBeGreaterThan(300);
  });

  test('leaking grows with each request', async () => {
    await live('leaking');
    const memory = async () =>
      ((await (await fetch(`${shop.publicUrl}/health`)).json()) as { memory: number }).memory;
    const before = await memory();
    await ask(`${shop.publicUrl}/orders`, 40);
    expect((await memory()) - before).toBeGreaterThan(30 * 1024 * 1024);
  });
});
