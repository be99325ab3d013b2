import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chartOf } from '../../src/report/chart.js';
import { linear, roundTicks, timeTicks } from '../../src/report/scale.js';
import { seriesOf } from '../../src/report/series.js';
import { errors, promoted, rolledBack, Story } from './story.js';

const chart = (story: Story): string => {
  const series = seriesOf(story.state);
  if (!series) throw new Error('this story moves no weight');
  return chartOf(series);
};

describe('scales', () => {
  test('ticks are round and reach the highest value', () => {
    expect(roundTicks(0.0512, 4)).toEqual([0, 0.02, 0.04, 0.06]);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (most) => {
        const ticks = roundTicks(most, 4);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(most * 0.999999);
        expect(ticks.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  test('times fall on round minutes, hours or days within the span', () => {
    const from = Date.parse('2026-11-22T10:00:30Z');
    expect(timeTicks(from, from + 600_000, 5).map((t) => new Date(t).toISOString().slice(11, 16))).toEqual([
      '10:02',
      '10:04',
      '10:06',
      '10:08',
      '10:10',
    ]);
    expect(timeTicks(from, from + 40 * 86_400_000, 8).length).toBeLessThanOrEqual(9);
  });

  test('a value outside of the domain stays in the picture', () => {
    expect(linear([0, 1], [100, 0], []).at(7)).toBe(0);
  });
});

describe('the picture', () => {
  test('is the same for the same release', () => {
    expect(chart(promoted())).toBe(chart(promoted()));
  });

  test('has a title, a description, units and a legend', () => {
    const svg = chart(rolledBack());
    expect(svg).toContain('<title id="title">Canary of shop 1.2.0 in production</title>');
    expect(svg).toContain('Weights: 5 %, 25 %, 0 %; errors of the new version: 0.41 %, 5.12 %');
    for (const label of ['Traffic on the canary, %', 'new version', 'baseline', 'limit 1 %', 'time, UTC']) {
      expect(svg).toContain(label);
    }
  });

  test('brings no script and reaches for nothing outside', () => {
    expect(chart(promoted()).replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /<script|http|url\(|@import/,
    );
  });

  test('shows a weight that was not read back as unverified, and a lost one as not known', () => {
    expect(chart(new Story().moves(5, { verified: false }))).toContain('class="ring weight"');
    expect(chart(new Story().moves(5).moves(25, { ok: false }))).toContain('not known');
    expect(chart(promoted())).not.toMatch(/unverified|not known/);
  });

  test('a rate that could not be measured leaves a gap', () => {
    const dots = (story: Story) =>
      chart(story).match(/<circle class="dot canary" cx="[\d.]+" cy="[\d.]+" r="4"/g) ?? [];
    const story = new Story()
      .moves(5)
      .judges(5, [errors(0.001)])
      .judges(5, [errors(null)])
      .judges(5, [errors(0.002)]);
    expect(dots(story)).toHaveLength(3);
  });

  test('no weight, no picture', () => {
    expect(seriesOf(new Story().does('promote').state)).toBeNull();
  });

  test('many points stay within a bound', () => {
    const story = new Story();
    for (let i = 0; i < 2000; i++) story.moves(i % 101).judges(i % 101, [errors(0.002)]);
    expect(chart(story).length).toBeLessThan(200_000);
  });

  test('is well-formed and holds only numbers where numbers belong', () => {
    const value = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 1, noNaN: true }));
    const step = fc.record({
      weight: fc.integer({ min: 0, max: 100 }),
      value,
      verified: fc.boolean(),
      wait: fc.nat(1e6),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 30 }),
        fc.string({ minLength: 1 }),
        (steps, name) => {
          const story = new Story({ version: name });
          for (const { weight, value: rate, verified, wait } of steps) {
            story
              .moves(weight, { verified })
              .after(wait)
              .judges(weight, [errors(rate, { metric: name })]);
          }
          expectWellFormed(chart(story));
        },
      ),
    );
  });
});

function expectWellFormed(svg: string): void {
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const open: string[] = [];
  for (const [, closing, name = '', , own] of svg.matchAll(
    /<(\/?)([a-z]+)((?:\s[\w-]+(?::\w+)?="[^"<]*")*)(\/?)>/g,
  )) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!own) open.push(name);
  }
  expect(open).toEqual([]);
}
