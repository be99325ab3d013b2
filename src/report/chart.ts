import { plain } from './markdown.js';
import { percent } from './quantity.js';
import { linear, roundTicks, type Scale } from './scale.js';
import { type ErrorPoint, type Series, thinned } from './series.js';
import {
  box,
  circle,
  grid,
  LEFT,
  legend,
  picture,
  px,
  RIGHT,
  text,
  timeAxis,
  timeScale,
  valueLabel,
} from './svg.js';

const WEIGHT_PANEL = { top: 86, bottom: 216 };
const ERROR_PANEL = { top: 296, bottom: 426 };
const MOST_POINTS = 300;
/** More points than this are drawn without their values: labels would cover each other. */
const MOST_LABELS = 12;

/** An SVG of the canary's weight and of the error rates over time, one panel each, on one time axis. */
export function chartOf(series: Series): string {
  const time = timeScale(series);
  const last = series.errors ? ERROR_PANEL : WEIGHT_PANEL;
  return picture({
    title: plain(`Canary of ${series.title}`, 90),
    about: description(series),
    height: last.bottom + 50,
    parts: [
      ...weightPanel(series, time),
      ...(series.errors ? errorPanel(series.errors, time) : []),
      ...timeAxis(time, last, series),
    ],
  });
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
  const ticks = roundTicks(Math.min(1, Math.max(errors.limit ?? 0, 0.001, ...values) * 1.15), 4).filter(
    (tick) => tick <= 1,
  );
  const y = linear([0, ticks.at(-1) ?? 1], [ERROR_PANEL.bottom, ERROR_PANEL.top], ticks);
  const hasBaseline = points.some((point) => point.baseline !== null);
  return [
    text(LEFT, ERROR_PANEL.top - 26, `${plain(errors.metric, 30)}, % of requests so far`, 'label'),
    ...legend(
      [
        ['dot canary', 'new version'],
        ...(hasBaseline ? [['box baseline', 'baseline'] as const] : []),
        ...(errors.limit === null ? [] : [['line limit', `limit ${percent(errors.limit)}`] as const]),
      ],
      ERROR_PANEL,
    ),
    ...grid(y, (tick) => percent(tick)),
    ...(errors.limit === null
      ? []
      : [`<path class="line limit" d="M${LEFT} ${px(y.at(errors.limit))}H${RIGHT}"/>`]),
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

function description(series: Series): string {
  const weights = series.weights.map((point) => `${point.weight} %${point.verified ? '' : ' (unverified)'}`);
  const rates =
    series.errors?.points.map((point) => (point.canary === null ? 'none' : percent(point.canary))) ?? [];
  const errors =
    rates.length > 0 ? `; ${series.errors?.metric} of the new version: ${thinned(rates, 20).join(', ')}` : '';
  const lost = series.known ? '' : ', then not known';
  return plain(`Weights: ${thinned(weights, 20).join(', ')}${lost}${errors}`, 1000);
}
