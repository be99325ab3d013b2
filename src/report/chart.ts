import { plain } from './markdown.js';
import { percent } from './quantity.js';
import { linear, roundTicks, type Scale, timeTicks } from './scale.js';
import { type ErrorPoint, type Series, thinned } from './series.js';

const WIDTH = 760;
const LEFT = 64;
const RIGHT = WIDTH - 24;
const WEIGHT_PANEL = { top: 86, bottom: 216 };
const ERROR_PANEL = { top: 296, bottom: 426 };
const MOST_POINTS = 300;
/** More points than this are drawn without their values: labels would cover each other. */
const MOST_LABELS = 12;

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
  // A little room after the last point, so that a weight set at the very end can be seen.
  const to = from + Math.max(Date.parse(series.to) - from, 10_000) * 1.03;
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
  let path = `M${px(time.at(Date.parse(series.from)))} ${px(y.at(0))}`;
  for (const point of points) path += `H${px(time.at(Date.parse(point.at)))}V${px(y.at(point.weight))}`;
  const last = points.at(-1);
  const end = `H${RIGHT}`;
  return [
    text(LEFT, WEIGHT_PANEL.top - 26, 'Traffic on the canary, %', 'label'),
    ...legend(
      [
        ['dot weight', 'read back'],
        ...(unverified ? [['ring weight', 'unverified'] as const] : []),
        ...(series.known ? [] : [['line weight lost', 'not known'] as const]),
      ],
      WEIGHT_PANEL,
    ),
    ...grid(y, (tick) => `${tick} %`),
    `<path class="area" d="${path}${series.known ? end : ''}V${px(y.at(0))}Z"/>`,
    `<path class="line weight" d="${path}${series.known ? end : ''}"/>`,
    ...(series.known || !last
      ? []
      : [
          `<path class="line weight lost" d="M${px(time.at(Date.parse(last.at)))} ${px(y.at(last.weight))}${end}"/>`,
        ]),
    ...points
      .filter((point) => point.weight > 0 && points.length <= MOST_LABELS)
      .map((point) => valueLabel(time.at(Date.parse(point.at)), y.at(point.weight), `${point.weight} %`)),
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
  // Nothing is above 100 %, and the scale does not pretend so.
  const ticks = roundTicks(Math.min(1, Math.max(errors.limit, 0.001, ...values) * 1.15), 4).filter(
    (tick) => tick <= 1,
  );
  const y = linear([0, ticks.at(-1) ?? 1], [ERROR_PANEL.bottom, ERROR_PANEL.top], ticks);
  const hasBaseline = points.some((point) => point.baseline !== null);
  const limit = px(y.at(errors.limit));
  return [
    text(LEFT, ERROR_PANEL.top - 26, `${plain(errors.metric, 30)}, % of requests while measured`, 'label'),
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
    ...(hasBaseline ? rates({ points, time, y, of: (p) => p.baseline, kind: 'baseline' }) : []),
    ...rates({ points, time, y, of: (p) => p.canary, kind: 'canary' }),
  ];
}

/** Each rate as the span that it was measured over; one that could not be measured leaves a gap. */
function rates(options: {
  points: readonly ErrorPoint[];
  time: Scale;
  y: Scale;
  of: (point: ErrorPoint) => number | null;
  kind: 'canary' | 'baseline';
}): readonly string[] {
  const { points, time, y, of, kind } = options;
  const labelled = kind === 'canary' && points.length <= MOST_LABELS;
  return points.flatMap((point) => {
    const value = of(point);
    if (value === null) return [];
    const [from, to, at] = [time.at(Date.parse(point.since)), time.at(Date.parse(point.at)), y.at(value)];
    return [
      `<path class="line ${kind}" d="M${px(from)} ${px(at)}H${px(to)}"/>`,
      kind === 'canary' ? circle(to, at, 'dot canary') : box(to, at),
      ...(labelled ? [valueLabel(to, at, percent(value))] : []),
    ];
  });
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
      .map((tick) => text(Math.min(time.at(tick), RIGHT - 20), y + 20, label(tick), 'tick middle')),
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
  const y = panel.top - 30;
  let x = RIGHT + 12;
  return entries.toReversed().flatMap(([kind, label]) => {
    x -= label.length * 6.2 + 28;
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
  const lost = series.known ? '' : ', then not known';
  return plain(`Weights: ${thinned(weights, 20).join(', ')}${lost}${errors}`, 1000);
}

function circle(x: number, y: number, kind: string): string {
  return `<circle class="${kind}" cx="${px(x)}" cy="${px(y)}" r="4"/>`;
}

/** Above the point, and to its left where the picture ends. */
function valueLabel(x: number, y: number, content: string): string {
  return x > RIGHT - 40 ? text(x, y - 8, content, 'value end') : text(x, y - 8, content, 'value');
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
  .value { font-size: 11px; fill: var(--ink); paint-order: stroke; stroke: var(--page); stroke-width: 3px; }
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
  .line.lost { stroke-dasharray: 3 5; }
  .dot.weight { fill: var(--weight); }
  .ring { fill: var(--page); stroke-width: 2; }
  .dot.canary { fill: var(--canary); }
  .box.baseline { fill: var(--baseline); }
</style>`;
