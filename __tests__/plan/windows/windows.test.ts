import { describe, expect, test } from '@jest/globals';
import type { Window } from '../../../src/plan/gate-keys.js';
import { freezeOf, parseMoment } from '../../../src/plan/windows/freeze.js';
import { parseRange } from '../../../src/plan/windows/range.js';
import { isOpenAt, standingAt } from '../../../src/plan/windows/standing.js';
import { longestOpening } from '../../../src/plan/windows/wall.js';
import { latestText, opensText, spanText, standingText } from '../../../src/plan/windows/words.js';
import { parseZone } from '../../../src/plan/windows/zone.js';

const HOUR = 3_600_000;

function value<T>(reading: { readonly value: T } | object): T {
  if ('value' in reading) return reading.value;
  throw new Error(JSON.stringify(reading));
}

function windowOf(open: readonly string[] | null, freeze: readonly [string, string][] = []): Window {
  return {
    timezone: 'Europe/Berlin',
    open: open?.map((text) => value(parseRange(text))) ?? null,
    freeze: freeze.map(([from, to]) =>
      value(freezeOf({ from: value(parseMoment(from)), to: value(parseMoment(to)), reason: 'Year end' })),
    ),
  };
}

/** Berlin in winter is one hour ahead of UTC. */
const at = (text: string) => Date.parse(text);

describe('a window', () => {
  const nights = windowOf(['Mon-Thu 22:00-05:00']);

  test('over midnight belongs to the day on which it begins', () => {
    expect(isOpenAt(nights, at('2026-01-05T21:00Z'))).toBe(true); // Monday 22:00
    expect(isOpenAt(nights, at('2026-01-05T20:59Z'))).toBe(false);
    expect(isOpenAt(nights, at('2026-01-09T03:59Z'))).toBe(true); // Friday 04:59, of Thursday
    expect(isOpenAt(nights, at('2026-01-09T04:00Z'))).toBe(false);
    expect(isOpenAt(nights, at('2026-01-05T03:00Z'))).toBe(false); // Monday 04:00, of Sunday
  });

  test('on the night that leaves out an hour opens when the clock jumps into it', () => {
    const window = windowOf(['Sun 02:30-05:00']);
    expect(standingAt(window, at('2026-03-29T00:00Z'))).toMatchObject({ opensAt: at('2026-03-29T01:00Z') });
  });

  test('in the hour that is left out does not open that night', () => {
    const window = windowOf(['Sun 02:10-02:50']);
    expect(standingAt(window, at('2026-03-29T00:00Z'))).toMatchObject({ opensAt: at('2026-04-05T00:10Z') });
  });

  test('over the end of the week goes on on Monday', () => {
    expect(isOpenAt(windowOf(['Sat-Mon 20:00-02:00']), at('2026-01-06T00:30Z'))).toBe(true); // Tuesday 01:30
    expect(isOpenAt(windowOf(['Sun 20:00-02:00']), at('2026-01-05T00:30Z'))).toBe(true); // Monday 01:30
  });

  test('with freezes alone is open at all other times, the last day of a freeze included in it', () => {
    const window = windowOf(null, [['2026-12-18', '2027-01-04']]);
    expect(isOpenAt(window, at('2026-12-17T22:59Z'))).toBe(true);
    expect(isOpenAt(window, at('2026-12-17T23:00Z'))).toBe(false);
    expect(isOpenAt(window, at('2027-01-04T22:59Z'))).toBe(false);
    expect(isOpenAt(window, at('2027-01-04T23:00Z'))).toBe(true);
  });

  test('that a freeze covers for years does not open', () => {
    const window = windowOf(['Mon 08:00-10:00'], [['2026-01-01', '2046-01-01']]);
    expect(standingAt(window, at('2026-06-01T00:00Z'))).toMatchObject({ isOpen: false, opensAt: null });
  });

  test('that is never closed has no end', () => {
    expect(standingAt(windowOf(['00:00-24:00']), at('2026-06-01T00:00Z'))).toEqual({
      isOpen: true,
      closesAt: null,
    });
    expect(longestOpening(windowOf(['00:00-24:00']))).toBe(Number.POSITIVE_INFINITY);
  });

  test('is as long as its ranges that touch', () => {
    expect(longestOpening(windowOf(['Fri 20:00-24:00', 'Sat 00:00-06:00', 'Sun 22:00-02:00']))).toBe(
      10 * HOUR,
    );
    expect(longestOpening(nights)).toBe(7 * HOUR);
  });
});

describe('what is told', () => {
  const now = at('2026-01-05T17:40Z'); // Monday 18:40

  test('the next opening, by the clock of the zone and as a time to wait', () => {
    const window = windowOf(['Mon-Thu 22:00-05:00']);
    expect(opensText(window, { at: at('2026-01-05T21:00Z'), now })).toBe(
      'opens Mon 22:00 Europe/Berlin, in 3 h 20 min',
    );
    expect(standingText(window, standingAt(window, now), now)).toBe(
      'the window is closed; it opens Mon 22:00 Europe/Berlin, in 3 h 20 min',
    );
    expect(standingText(window, standingAt(window, at('2026-01-05T22:30Z')), at('2026-01-05T22:30Z'))).toBe(
      'the window is open until Tue 05:00 Europe/Berlin, for 5 h 30 min',
    );
  });

  test('a freeze by its reason, and a day far away by its date', () => {
    const window = windowOf(['Mon-Thu 22:00-05:00'], [['2026-01-01', '2026-01-20']]);
    expect(standingText(window, standingAt(window, now), now)).toBe(
      'a freeze holds (Year end); it opens Wed 2026-01-21 00:00 Europe/Berlin, in 15 d 5 h',
    );
  });

  test.each([
    [40_000, '40 s'],
    [61_000, '2 min'],
    [2 * HOUR, '2 h'],
    [26 * HOUR, '1 d 2 h'],
    [24 * HOUR + 60_000, '1 d'],
  ])('%i ms as %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});

describe('a time zone', () => {
  test.each(['Mars/Olympus+02', 'Europe/Berlin-0330', 'UTC+05:00', 'A-12', 'Europe/Berlin+99:99', '+01:00'])(
    '%s is refused, though it ends in an offset',
    (zone) => {
      expect(parseZone(zone)).toMatchObject({ rule: expect.stringMatching(/IANA/) });
    },
  );

  test.each(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Etc/GMT+5'])('%s is taken', (zone) => {
    expect(parseZone(zone)).toEqual({ value: zone });
  });
});

describe('the latest start', () => {
  const window: Window = {
    timezone: 'UTC',
    open: [value(parseRange('Mon-Thu 22:00-05:00'))],
    freeze: [],
  };
  const neededMs = 7 * HOUR - 3 * 60_000;
  const text = (at: string, needed = neededMs) =>
    latestText(window, { now: Date.parse(`2026-03-02T${at}:00Z`), neededMs: needed });

  test('is told where a release fits barely into the window', () => {
    expect(text('22:00')).toBe('; to be over in time it must start by Mon 22:03 UTC');
    expect(text('20:00')).toBe('; to be over in time it must start between Mon 22:00 and 22:03 UTC');
  });

  test('is that of the next opening when it has gone by', () => {
    expect(text('23:00')).toBe('; to be over in time it must start between Tue 22:00 and 22:03 UTC');
  });

  test('is none where no opening is long enough', () => {
    expect(text('22:00', 8 * HOUR)).toBe('; no opening is long enough for it');
  });
});
