import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Window } from '../../../src/plan/gate-keys.js';
import { parsePlan } from '../../../src/plan/parse.js';
import { isOpenAt, openingFor, standingAt } from '../../../src/plan/windows/standing.js';
import { isOpenByCalendar, planOf, type Written } from './wall-clock.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const YEAR_2026 = Date.UTC(2026, 0, 1);

/** With daylight saving north and south, by half an hour, at midnight, and without; and one that was moved for ever. */
const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Pacific/Kiritimati',
  'UTC',
];

/** Moments at which one of the zones sets its clock. */
const CHANGES = [
  ...['2026-03-08T07:00Z', '2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-11-01T06:00Z'],
  ...['2026-04-04T15:00Z', '2026-10-03T15:30Z', '2026-04-05T03:00Z', '2026-09-06T04:00Z'],
  ...['2026-04-23T22:00Z', '2026-10-29T21:00Z', '2026-02-15T02:00Z', '2026-03-22T02:00Z'],
].map((text) => Date.parse(text));

const time = fc.integer({ min: 0, max: 95 }).map((quarter) => clock(quarter * 15));
const days = fc.subarray(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'], { minLength: 1 });
const range = fc
  .record({ days, from: time, to: fc.oneof(time, fc.constant('24:00')) })
  .filter(({ from, to }) => from !== to);
const freeze = fc
  .tuple(fc.integer({ min: 0, max: 364 }), fc.integer({ min: 0, max: 20 }))
  .map(([first, length]) => ({ from: date(first), to: date(first + length) }));
const written: fc.Arbitrary<Written> = fc.record({
  timezone: fc.constantFrom(...ZONES),
  open: fc.array(range, { minLength: 1, maxLength: 3 }),
  freeze: fc.array(freeze, { maxLength: 2 }),
});
const moment = fc.oneof(
  fc.integer({ min: 0, max: 365 * 1440 }).map((minute) => YEAR_2026 + minute * MINUTE),
  fc
    .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -1500, max: 1500 }))
    .map(([change, minutes]) => change + minutes * MINUTE),
);

test('a window is open at 10,000 random times exactly when the calendar of the runtime says so', () => {
  let open = 0;
  fc.assert(
    fc.property(written, fc.array(moment, { minLength: 100, maxLength: 100 }), (text, moments) => {
      const window = read(text);
      for (const at of moments) {
        const isOpen = isOpenAt(window, at);
        if (isOpen !== isOpenByCalendar(text, at))
          throw new Error(`${at} is ${isOpen ? 'open' : 'closed'} for us`);
        if (isOpen) open += 1;
      }
    }),
    { numRuns: 100 },
  );
  expect(open).toBeGreaterThan(1000);
});

test('the next opening and the next closing are the first minutes at which the calendar says so', () => {
  fc.assert(
    fc.property(written, moment, (text, now) => {
      const standing = standingAt(read(text), now);
      const change = standing.isOpen ? standing.closesAt : standing.opensAt;
      const first = firstMinute(text, { now, open: !standing.isOpen, within: 4 * DAY });
      if (first === null) expect(change ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now + 4 * DAY - MINUTE);
      else expect(change).toBe(first);
    }),
    { numRuns: 25 },
  );
});

test('an opening for a release is long enough for it, minute by minute', () => {
  fc.assert(
    fc.property(written, moment, fc.integer({ min: 1, max: 600 }), (text, now, minutes) => {
      const opens = openingFor(read(text), { now, neededMs: minutes * MINUTE });
      if (opens === null) return;
      for (let minute = 0; minute < minutes; minute += 5) {
        expect(isOpenByCalendar(text, opens + minute * MINUTE)).toBe(true);
      }
    }),
    { numRuns: 25 },
  );
});

function read(text: Written): Window {
  const outcome = parsePlan({ text: planOf(text), source: 'plan.yml' });
  if (!('plan' in outcome) || outcome.plan.window === null) throw new Error(JSON.stringify(outcome));
  return outcome.plan.window;
}

function firstMinute(text: Written, asked: { now: number; open: boolean; within: number }): number | null {
  for (let at = asked.now; at <= asked.now + asked.within; at += MINUTE) {
    if (isOpenByCalendar(text, at) === asked.open) return at;
  }
  return null;
}

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

function date(day: number): string {
  return new Date(YEAR_2026 + day * DAY).toISOString().slice(0, 10);
}
