import type { ReleaseState } from '../release/state.js';
import { fence } from './markdown.js';
import { clock, percent } from './quantity.js';
import { roundTicks } from './scale.js';
import { type Series, seriesOf, thinned } from './series.js';

const MOST_POINTS = 40;

/**
 * The same series as Mermaid charts: one for the weight, one for the error rate, since that chart has one scale and
 * a limit of 1 % cannot be seen beside 100 %. Empty when no weight was moved twice and no rate was measured.
 */
export function mermaidOf(state: ReleaseState): string {
  const series = seriesOf(state);
  if (!series) return '';
  const weights = distinct(series.weights.map(({ at, weight }) => ({ at, value: weight })));
  const measured = series.errors?.points.flatMap(({ at, canary }) =>
    canary === null ? [] : [{ at, value: canary * 100 }],
  );
  const rates = distinct(measured ?? []);
  return [...(weights.length > 1 ? [weightChart(weights)] : []), ...errorChart(series, rates)].join('\n\n');
}

interface Point {
  readonly at: string;
  readonly value: number;
}

function weightChart(points: readonly Point[]): string {
  return chart({
    title: 'Traffic on the canary from each time on, % (UTC)',
    points,
    most: 100,
    marks: [`bar [${values(points)}]`],
  });
}

function errorChart(series: Series, points: readonly Point[]): readonly string[] {
  if (!series.errors || points.length === 0) return [];
  const limit = series.errors.limit === null ? null : series.errors.limit * 100;
  const name = series.errors.metric.replace(/[^\w .-]/g, '').slice(0, 40);
  return [
    chart({
      title: `${name} of the new version in %${limit === null ? '' : ` (bars), limit ${percent(limit / 100)} (line)`}`,
      points,
      most: roundTicks(Math.max(limit ?? 0, ...points.map((point) => point.value)), 4).at(-1) ?? 100,
      marks: [
        `bar [${values(points)}]`,
        ...(limit === null ? [] : [`line [${points.map(() => number(limit)).join(', ')}]`]),
      ],
    }),
  ];
}

function chart(options: {
  title: string;
  points: readonly Point[];
  most: number;
  marks: readonly string[];
}): string {
  const { title, points, most, marks } = options;
  return fence(
    [
      'xychart-beta',
      `    title "${title}"`,
      `    x-axis [${points.map((point) => `"${clock(point.at)}"`).join(', ')}]`,
      `    y-axis "%" 0 --> ${number(most)}`,
      ...marks.map((mark) => `    ${mark}`),
    ],
    'mermaid',
  );
}

// Points with one label would be drawn on top of each other: the later one stands.
function distinct(points: readonly Point[]): readonly Point[] {
  return thinned([...new Map(points.map((point) => [clock(point.at), point])).values()], MOST_POINTS);
}

function values(points: readonly Point[]): string {
  return points.map((point) => number(point.value)).join(', ');
}

/** Never in exponents, which the chart's grammar does not read. */
function number(value: number): string {
  return String(Number(value.toFixed(4)));
}
