import { expect, test } from '@jest/globals';
import type { Span } from '../../src/metrics/contract.js';
import { eachInterval } from '../../src/metrics/intervals.js';
import { fastClock } from './world.js';

/** The intervals until there are so many; `during` happens while each is asked about. */
async function intervals(
  count: number,
  options: {
    readonly everyMs?: number;
    readonly lagMs?: number;
    readonly clock?: ReturnType<typeof fastClock>;
    readonly during?: (index: number) => void;
  } = {},
): Promise<readonly Span[]> {
  const { everyMs = 1000, lagMs = 0, clock = fastClock(), during = () => undefined } = options;
  const enough = new AbortController();
  const found: Span[] = [];
  await eachInterval({
    clock,
    signal: enough.signal,
    everyMs,
    lagMs,
    async onInterval(span) {
      during(found.length);
      found.push(span);
      if (found.length === count) enough.abort();
    },
  });
  return found;
}

const lengths = (spans: readonly Span[]) => spans.map(({ from, to }) => to - from);

test('they are as long as they should be, without a gap, from the next whole second on', async () => {
  const clock = fastClock();
  clock.move(300);
  const spans = await intervals(3, { clock });
  expect(lengths(spans)).toEqual([1000, 1000, 1000]);
  expect((spans[0]?.from ?? 1) % 1000).toBe(0);
  expect(spans[1]?.from).toBe(spans[0]?.to);
});

test('one that is not in whole seconds begins at once', async () => {
  const clock = fastClock();
  clock.move(300);
  const now = clock.now();
  expect((await intervals(1, { clock, everyMs: 250 }))[0]).toEqual({ from: now, to: now + 250 });
});

test('what took long makes the next one a multiple, and none is left out', async () => {
  const clock = fastClock();
  const spans = await intervals(3, { clock, during: (index) => clock.move(index === 0 ? 3700 : 0) });
  expect(lengths(spans)).toEqual([1000, 3000, 1000]);
});

test('a clock that is set back by an hour lets time go on', async () => {
  const clock = fastClock();
  const spans = await intervals(3, { clock, during: (index) => clock.move(index === 0 ? -3_600_000 : 0) });
  expect(lengths(spans)).toEqual([1000, 1000, 1000]);
  expect(spans[2]?.from).toBe(spans[1]?.to);
});

test('an interval that is over when the measurement ends is still asked about, and then no more', async () => {
  const clock = fastClock();
  const end = new AbortController();
  const found: Span[] = [];
  await eachInterval({
    clock: {
      now: clock.now,
      sleep: async (ms) => {
        clock.move(ms);
        end.abort();
      },
    },
    signal: end.signal,
    everyMs: 1000,
    lagMs: 0,
    onInterval: async (span) => void found.push(span),
  });
  expect(found).toHaveLength(1);
});

test('one that is not over is not', async () => {
  const found: Span[] = [];
  await eachInterval({
    clock: fastClock(),
    signal: AbortSignal.abort(),
    everyMs: 1000,
    lagMs: 0,
    onInterval: async (span) => void found.push(span),
  });
  expect(found).toEqual([]);
});
