import { plain } from './markdown.js';
import { percent } from './quantity.js';
import { linear, roundTicks, type Scale, timeTicks } from './scale.js';
import { type ErrorPoint, type Series, thinned } from './series.js';

const WIDTH = 760;
const LEFT = 64;
const RIGHT = WIDTH - 24;
const WEIGHT_PANEL = { top: 76, bottom: 206 };
const ERROR_PANEL = { top: 276, bottom: 406 };
const MOST_POINTS = 500;

interface Panel {
  readonly top: number;
  readonly bottom: number;
}

/**
 * An SVG of the canary's weight and of the error rates over time, one panel each, on one time axis. It brings its
 * own background, since a picture in a page does not know whether the page is light or dark.
 */
export function chartOf(series: Series): string {
  const from = Date.parse(series.from);
  const to = Math.max(Date.parse(series.to), from + 10_000);
  const time = linear([from, to], [LEFT, RIGHT], timeTicks(from, to, 8));
  const last = series.errors ? ERROR_PANEL : WEIGHT_PANEL;
  const height = last.bottom + 50;
  const title = plain(`Canary of ${series.title}`, 90);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title about">`,
    `<title id="title">${xml(title)}</title>`,
    `<desc id="about">${xml(description(series))}</desc>`,
    STYLE,
    `<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(16, 30, title, 'head'),
    ...weightPanel(series, time),
    ...(series.errors ? errorPanel(series.errors, time) : []),
    ...timeAxis(time, last, series),
    '</svg>',
    '',
  ].join('\n');
}

function weightPanel(series: Series, time: Scale): readonly string[] {
  const y = linear([0, 100], [WEIGHT_PANEL.bottom, WEIGHT_PANEL.top], [0, 25, 50, 75, 100]);
  const points = thinned(series.weights, MOST_POINTS);
  const unverified = points.some((point) => !point.verified);
  const end = time.at(Date.parse(series.to));
  let path = `M${px(time.at(Date.parse(series.from)))} ${px(y.at(0))}`;
  for (const point of points) path += `H${px(time.at(Date.parse(point.at)))}V${px(y.at(point.weight))}`;
  path += `H${px(end)}`;
  return [
    text(LEFT, WEIGHT_PANEL.top - 14, 'Traffic on the canary, %', 'label'),
    ...legend(
      [['dot weight', 'read back'], ...(unverified ? [['ring weight', 'unverified'] as const] : [])],
      WEIGHT_PANEL,
    ),
    ...grid(y, (tick) => `${tick} %`),
    `<path class="area" d="${path}V${px(y.at(0))}Z"/>`,
    `<path class="line weight" d="${path}"/>`,
    ...points.map((point) =>
      circle(
        time.at(Date.parse(point.at)),
        y.at(point.weight),
        point.verified ? 'dot weight' : 'ring weight',
      ),
    ),
  ];
}

function errorPanel(errors: NonNullable<Series['errors']>, time: Scale): readonly string[] {
  const points = thinned(errors.points, MOST_POINTS);
  const values = points.flatMap((point) => [point.canary ?? 0, point.baseline ?? 0]);
  const ticks = roundTicks(Math.max(errors.limit, ...values) * 1.05, 4);
  const y = linear([0, ticks.at(-1) ?? 1], [ERROR_PANEL.bottom, ERROR_PANEL.top], ticks);
  const hasBaseline = points.some((point) => point.baseline !== null);
  const limit = px(y.at(errors.limit));
  return [
    text(LEFT, ERROR_PANEL.top - 14, `${plain(errors.metric, 30)}, % of requests`, 'label'),
    ...legend(
      [
        ['dot canary', 'new version'],
        ...(hasBaseline ? [['box baseline', 'baseline'] as const] : []),
        ['line limit', `limit ${percent(errors.limit)}`],
      ],
      ERROR_PANEL,
    ),
    ...grid(y, (tick) => percent(tick)),
    `<path class="line limit" d="M${LEFT} ${limit}H${RIGHT}"/>`,
    ...(hasBaseline ? curve({ points, time, y, of: (p) => p.baseline, kind: 'baseline' }) : []),
    ...curve({ points, time, y, of: (p) => p.canary, kind: 'canary' }),
  ];
}

function curve(options: {
  points: readonly ErrorPoint[];
  time: Scale;
  y: Scale;
  of: (point: ErrorPoint) => number | null;
  kind: 'canary' | 'baseline';
}): readonly string[] {
  const { points, time, y, of, kind } = options;
  const path: string[] = [];
  const marks: string[] = [];
  let joined = false;
  for (const point of points) {
    const value = of(point);
    // A gap in the line: a rate that could not be measured is not drawn as if it had been.
    if (value !== null) {
      const x = time.at(Date.parse(point.at));
      path.push(`${joined ? 'L' : 'M'}${px(x)} ${px(y.at(value))}`);
      marks.push(kind === 'canary' ? circle(x, y.at(value), 'dot canary') : box(x, y.at(value)));
    }
    joined = value !== null;
  }
  return marks.length === 0 ? [] : [`<path class="line ${kind}" d="${path.join('')}"/>`, ...marks];
}

function timeAxis(time: Scale, panel: Panel, series: Series): readonly string[] {
  const ticks = time.ticks.length > 0 ? time.ticks : [Date.parse(series.from)];
  const seconds = ticks.some((tick) => tick % 60_000 !== 0);
  const days = series.from.slice(0, 10) !== series.to.slice(0, 10);
  const label = (tick: number) => {
    const iso = new Date(tick).toISOString();
    const hour = iso.slice(11, seconds ? 19 : 16);
    return days ? `${iso.slice(5, 10)} ${hour}` : hour;
  };
  const y = panel.bottom;
  return [
    ...ticks.map((tick) => `<path class="axis" d="M${px(time.at(tick))} ${y}v5"/>`),
    ...ticks
      .filter((_, index) => !days || index % 2 === 0)
      .map((tick) => text(time.at(tick), y + 20, label(tick), 'tick middle')),
    text(RIGHT, y + 40, `time, UTC (${series.from.slice(0, 10)})`, 'tick end'),
  ];
}

function grid(y: Scale, label: (tick: number) => string): readonly string[] {
  return y.ticks.flatMap((tick) => [
    `<path class="${tick === 0 ? 'axis' : 'grid'}" d="M${LEFT} ${px(y.at(tick))}H${RIGHT}"/>`,
    text(LEFT - 8, y.at(tick) + 4, label(tick), 'tick end'),
  ]);
}

/** Entries from the right edge inwards, on the line of the panel's label. */
function legend(entries: readonly (readonly [string, string])[], panel: Panel): readonly string[] {
  const y = panel.top - 18;
  let x = RIGHT;
  return entries.toReversed().flatMap(([kind, label]) => {
    x -= label.length * 6.6 + 28;
    const mark = kind.startsWith('line')
      ? `<path class="${kind}" d="M${px(x - 6)} ${y}h14"/>`
      : kind.startsWith('box')
        ? box(x + 2, y)
        : circle(x + 2, y, kind);
    return [mark, text(x + 13, y + 4, label, 'tick')];
  });
}

function description(series: Series): string {
  const weights = series.weights.map((point) => `${point.weight} %${point.verified ? '' : ' (unverified)'}`);
  const rates =
    series.errors?.points.map((point) => (point.canary === null ? 'none' : percent(point.canary))) ?? [];
  const errors =
    rates.length > 0 ? `; ${series.errors?.metric} of the new version: ${thinned(rates, 20).join(', ')}` : '';
  return plain(`Weights: ${thinned(weights, 20).join(', ')}${errors}`, 1000);
}

function circle(x: number, y: number, kind: string): string {
  return `<circle class="${kind}" cx="${px(x)}" cy="${px(y)}" r="4"/>`;
}

function box(x: number, y: number): string {
  return `<rect class="box baseline" x="${px(x - 3.5)}" y="${px(y - 3.5)}" width="7" height="7"/>`;
}

function text(x: number, y: number, content: string, kind: string): string {
  return `<text class="${kind}" x="${px(x)}" y="${px(y)}">${xml(content)}</text>`;
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function xml(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `<style>
  svg { --page: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #d1d9e0; --weight: #6639ba; --canary: #0969da; --baseline: #9a6700; --limit: #d1242f; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --grid: #30363d; --weight: #bc8cff; --canary: #58a6ff; --baseline: #d29922; --limit: #ff7b72; }
  }
  text { font: 12px -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; fill: var(--soft); }
  .head { font-size: 16px; font-weight: 600; fill: var(--ink); }
  .label { font-size: 13px; font-weight: 600; fill: var(--ink); }
  .middle { text-anchor: middle; }
  .end { text-anchor: end; }
  .page { fill: var(--page); stroke: var(--grid); }
  .grid { stroke: var(--grid); fill: none; }
  .axis { stroke: var(--soft); fill: none; }
  .line { fill: none; stroke-width: 2; }
  .area { fill: var(--weight); opacity: 0.12; }
  .line.weight, .ring.weight { stroke: var(--weight); }
  .line.canary { stroke: var(--canary); }
  .line.baseline { stroke: var(--baseline); stroke-dasharray: 6 3; }
  .line.limit { stroke: var(--limit); stroke-width: 1.5; stroke-dasharray: 2 4; }
  .dot.weight { fill: var(--weight); }
  .ring { fill: var(--page); stroke-width: 2; }
  .dot.canary { fill: var(--canary); }
  .box.baseline { fill: var(--baseline); }
</style>`;
