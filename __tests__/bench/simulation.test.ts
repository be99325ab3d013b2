import { expect, test } from '@jest/globals';
import { QUICK } from '../../bench/judge/cell.js';
import { cellsOf } from '../../bench/judge/cells.js';
import { randomOf } from '../../bench/judge/random.js';
import { simulate } from '../../bench/judge/simulate.js';
import { clopperPearson, summarise } from '../../bench/judge/summary.js';

const cells = cellsOf(QUICK);

function cellNamed(id: string) {
  const cell = cells.find((one) => one.id === id);
  if (cell === undefined) throw new Error(`there is no world ${id}`);
  return cell;
}

test('a trace depends on the seed, the world and the run alone', () => {
  const { trace, id } = cellNamed('errors 1% 10/s share 50% x10');
  const lines = (seed: number, run: number) =>
    JSON.stringify([...trace(randomOf(seed, id, run)).steps].slice(0, 9));
  expect(lines(1, 0)).toBe(lines(1, 0));
  expect(new Set([lines(1, 0), lines(1, 1), lines(2, 0)]).size).toBe(3);
});

test('worlds have names of their own', () => {
  expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
});

test('all judges see the same trace to the end of their own decision', () => {
  const cell = cellNamed('errors 1% 10/s share 50% x10');
  const whole = simulate(cell, 3, { from: 0, to: 4 });
  const parts = [simulate(cell, 3, { from: 0, to: 3 }), simulate(cell, 3, { from: 3, to: 4 })];
  for (const [name, outcomes] of Object.entries(whole)) {
    expect(parts.flatMap((part) => part[name] ?? [])).toEqual(outcomes);
  }
  const minutes = (name: string) => summarise(whole[name] ?? []).medianMinutes;
  expect(minutes('ours')).toBeLessThan(2);
  expect(minutes('Kayenta')).toBe(5);
  expect(minutes('Argo')).toBe(1);
  expect(minutes('fixed horizon')).toBe(60);
});

test.each([
  [0, 200, 0, 0.01828],
  [1, 200, 0.000127, 0.02754],
  [10, 100, 0.049, 0.1762],
  [5, 5, 0.4782, 1],
])('the exact interval of %d of %d', (count, total, low, high) => {
  const found = clopperPearson(count, total);
  expect(found[0]).toBeCloseTo(low, 4);
  expect(found[1]).toBeCloseTo(high, 4);
});
