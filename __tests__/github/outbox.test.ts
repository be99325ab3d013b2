import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createOutbox } from '../../src/github/outbox.js';
import { createPace, WRITES_PER_MINUTE } from '../../src/github/pace.js';
import { fastClock } from './time.js';

describe('the outbox', () => {
  test('sends the first and the newest of a name, and skips what was replaced while it waited', async () => {
    const sent: string[] = [];
    const outbox = createOutbox<number>(async (name, value) => {
      sent.push(`${name} ${value}`);
      await delay(10);
    });
    for (const value of [1, 2, 3]) {
      outbox.put('canary', value);
      outbox.put('promote', value);
    }
    await outbox.settle(1000);
    expect(sent).toEqual(['canary 1', 'promote 1', 'canary 3', 'promote 3']);
  });

  test('never sends two values of one name at a time', async () => {
    let now = 0;
    let most = 0;
    const outbox = createOutbox<number>(async () => {
      now += 1;
      most = Math.max(most, now);
      await delay(5);
      now -= 1;
    });
    for (let value = 0; value < 20; value++) {
      outbox.put('canary', value);
      await delay(1);
    }
    await outbox.settle(1000);
    expect(most).toBe(1);
  });

  test('waits for slow sends only as long as asked', async () => {
    const outbox = createOutbox<number>(() => delay(300));
    outbox.put('canary', 1);
    const began = Date.now();
    await outbox.settle(20);
    expect(Date.now() - began).toBeLessThan(250);
  });
});

test('writes pass without a gap up to the limit of a minute, and the next one waits for its end', async () => {
  const fast = fastClock();
  const pace = createPace(fast);
  for (let write = 0; write < WRITES_PER_MINUTE; write++) await pace();
  expect(fast.slept).toEqual([]);
  await pace();
  expect(fast.slept).toHaveLength(1);
  expect(fast.slept[0]).toBeGreaterThan(55_000);
});
