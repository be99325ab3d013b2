import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ScriptTraffic } from '../../src/plan/plan.js';
import { TrafficError } from '../../src/traffic/error.js';
import { createTraffic } from '../../src/traffic/registry.js';
import { type Bench, createBench } from '../host/fixture.js';

let bench: Bench;
afterEach(() => bench.remove());

function driver(run: string, read: string | null) {
  bench = createBench();
  const traffic: ScriptTraffic = {
    kind: 'run',
    run: { run, timeoutMs: 1000 },
    read: read === null ? null : { run: read, timeoutMs: 1000 },
  };
  return createTraffic(traffic, {
    scripts: bench.scripts,
    env: () => ({ RELEASE_ID: 'r1', RELEASE_WEIGHT: '99' }),
  });
}

async function errorOf(work: Promise<unknown>): Promise<TrafficError> {
  const error = await work.then(
    () => null,
    (one: unknown) => one,
  );
  if (error instanceof TrafficError) return error;
  throw new Error(`expected a TrafficError, got ${error}`);
}

test('a weight that was set is the weight that is read back', async () => {
  const traffic = driver('echo "$RELEASE_ID $RELEASE_WEIGHT" > route', 'echo checking; cut -d" " -f2 route');
  await traffic.set(25);
  expect(readFileSync(join(bench.workspace, 'route'), 'utf8')).toBe('r1 25\n');
  expect(await traffic.read()).toBe(25);
  expect(bench.groups).toEqual(['traffic 25 %']);
});

test('without a read script the weight is not known, rather than assumed', async () => {
  expect(await driver('true', null).read()).toBeNull();
});

test.each([
  ['echo 7.5', 'printed "7.5"'],
  ['echo 101', 'printed "101"'],
  ['echo -5', 'printed "-5"'],
  ['echo 25%', 'printed "25%"'],
  ['echo 25; echo done', 'printed "done"'],
  ['true', 'printed nothing'],
  ['echo 25 >&2', 'printed nothing'],
  ['seq -s " " 1 100', 'a last line of 291 characters'],
])('%j is no weight', async (read, says) => {
  const error = await errorOf(driver('true', read).read());
  expect(error.kind).toBe('unreadable');
  expect(error.message).toContain(says);
  expect(error.message).toContain('a whole number from 0 to 100');
});

describe('a script that fails', () => {
  test('to set says so with its last lines', async () => {
    const error = await errorOf(driver('echo no such backend >&2; exit 4', null).set(5));
    expect(error).toMatchObject({ kind: 'set-failed', tail: ['no such backend'] });
    expect(error.message).toBe('traffic.run failed with exit code 4 when it had to set 5 %');
  });

  test('to read is told apart from one that prints nonsense', async () => {
    const error = await errorOf(driver('true', 'echo 50; exit 1').read());
    expect(error).toMatchObject({ kind: 'read-failed', tail: ['50'] });
  });

  test('to end is stopped', async () => {
    const error = await errorOf(driver('sleep 60', null).set(0));
    expect(error.message).toContain('did not end within its timeout of 1 s');
  });

  test('because it was stopped says that', async () => {
    const error = await errorOf(driver('sleep 60', null).set(0, AbortSignal.timeout(50)));
    expect(error.message).toContain('was stopped');
  });
});

test.each([-1, 101, 0.5, Number.NaN])('%p is refused before any script runs', async (weight) => {
  const traffic = driver('touch called', null);
  await expect(traffic.set(weight)).rejects.toThrow('whole number from 0 to 100');
  expect(() => readFileSync(join(bench.workspace, 'called'))).toThrow();
});

test('the order of calls does not matter: 0 works at any time', async () => {
  const traffic = driver('echo "$RELEASE_WEIGHT" > route', 'cat route');
  writeFileSync(join(bench.workspace, 'route'), '');
  for (const weight of [0, 100, 0, 0]) {
    await traffic.set(weight);
    expect(await traffic.read()).toBe(weight);
  }
});
