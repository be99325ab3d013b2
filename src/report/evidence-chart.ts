import type { TrailPoint } from '../release/judged.js';
import type { ReleaseState, WeightPoint } from '../release/state.js';
import { plain } from './markdown.js';
import { linear, type Scale } from './scale.js';
import { thinned } from './series.js';
import {
  grid,
  LEFT,
  legend,
  type Panel,
  picture,
  px,
  RIGHT,
  text,
  timeAxis,
  timeScale,
  valueLabel,
} from './svg.js';

const WORSE_PANEL = { top: 96, bottom: 216 };
const GOOD_PANEL = { top: 306, bottom: 446 };
/** What is beyond twice what decides has decided long ago. */
const MOST = 2;
const LEAST = -1;
/** So many lines can be told apart. */
const MOST_LINES = 4;
const MOST_MARKS = 20;

/** What of a release the picture is drawn from. */
export interface Judged {
  readonly started: Pick<ReleaseState['started'], 'service' | 'environment' | 'version'>;
  readonly judgements: readonly Pick<ReleaseState['judgements'][number], 'stage' | 'trail'>[];
  readonly weights: readonly WeightPoint[];
}

/**
 * An SVG of how the evidence grew: that the canary is worse, of all metrics together, and for each metric that it is
 * not. Each is drawn as a part of what decides, so that all share one line. Null when nothing was judged.
 */
export function evidenceChart(state: Judged): string | null {
  const judged = state.judgements.filter(({ stage }) => stage === 'canary');
  const points = judged.flatMap(({ trail }) => trail).toSorted((a, b) => a.at - b.at);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const span = { from: new Date(first.at).toISOString(), to: new Date(last.at).toISOString() };
  const time = timeScale(span);
  const names = [...new Set(points.flatMap(({ good }) => Object.keys(good)))].slice(0, MOST_LINES);
  const bottom = names.length > 0 ? GOOD_PANEL : WORSE_PANEL;
  const { service, environment, version } = state.started;
  return picture({
    title: plain(`Evidence on ${service} ${version} in ${environment}`, 90),
    about: description(last),
    height: bottom.bottom + 50,
    parts: [
      ...weightMarks(state.weights, span, { time, bottom: bottom.bottom }),
      ...worsePanel(points, time),
      ...(names.length > 0 ? goodPanel(points, names, time) : []),
      ...timeAxis(time, bottom, span),
    ],
  });
}

function worsePanel(points: readonly TrailPoint[], time: Scale): readonly string[] {
  const y = scaleOf(WORSE_PANEL);
  return [
    text(LEFT, WORSE_PANEL.top - 32, 'That it is worse: the release fails at 1', 'label'),
    ...legend([['line worse', 'all metrics together, or a limit']], WORSE_PANEL),
    ...area(y, WORSE_PANEL, 'enough bad'),
    ...grid(y, label),
    ...line({ points, time, y, of: ({ worse }) => worse, kind: 'worse' }),
  ];
}

function goodPanel(points: readonly TrailPoint[], names: readonly string[], time: Scale): readonly string[] {
  const y = scaleOf(GOOD_PANEL);
  return [
    text(LEFT, GOOD_PANEL.top - 32, 'That it is good enough: all must reach 1', 'label'),
    ...legend(
      names.map((name, i) => [`line good g${i}`, plain(name, 18)] as const),
      GOOD_PANEL,
    ),
    ...area(y, GOOD_PANEL, 'enough'),
    ...grid(y, label),
    ...names.flatMap((name, i) =>
      line({ points, time, y, of: ({ good }) => good[name] ?? null, kind: `good g${i}` }),
    ),
  ];
}

/** Where the weight was moved while evidence came in. */
function weightMarks(
  weights: readonly WeightPoint[],
  { from, to }: { readonly from: string; readonly to: string },
  { time, bottom }: { readonly time: Scale; readonly bottom: number },
): readonly string[] {
  return thinned(weights, MOST_MARKS).flatMap(({ at, weight }) => {
    const moment = Date.parse(at);
    if (moment < Date.parse(from) || moment > Date.parse(to)) return [];
    const x = time.at(moment);
    return [
      `<path class="line mark" d="M${px(x)} ${WORSE_PANEL.top - 6}V${bottom}"/>`,
      text(x, WORSE_PANEL.top - 10, `${weight} %`, 'tick middle'),
    ];
  });
}

function scaleOf(panel: Panel): Scale {
  return linear([LEAST, MOST], [panel.bottom, panel.top], [-1, 0, 1, 2]);
}

function area(y: Scale, panel: Panel, kind: string): readonly string[] {
  const height = px(y.at(1) - panel.top);
  return [`<rect class="${kind}" x="${LEFT}" y="${panel.top}" width="${RIGHT - LEFT}" height="${height}"/>`];
}

function line(options: {
  readonly points: readonly TrailPoint[];
  readonly time: Scale;
  readonly y: Scale;
  readonly of: (point: TrailPoint) => number | null;
  readonly kind: string;
}): readonly string[] {
  const { points, time, y, of, kind } = options;
  const drawn = points.flatMap((point) => {
    const value = of(point);
    return value === null ? [] : [{ x: time.at(point.at), y: y.at(value), value }];
  });
  const last = drawn.at(-1);
  if (last === undefined) return [];
  const path = drawn.map((point, i) => `${i === 0 ? 'M' : 'L'}${px(point.x)} ${px(point.y)}`).join('');
  return [`<path class="line ${kind}" d="${path}"/>`, valueLabel(last.x, last.y, last.value.toFixed(2))];
}

function shown(value: number): string {
  return `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`;
}

function label(tick: number): string {
  return tick < 0 ? `−${-tick}` : String(tick);
}

function description({ worse, good }: TrailPoint): string {
  const of = (value: number | null) => (value === null ? 'none' : shown(value));
  const parts = Object.entries(good).map(([name, value]) => `${name} ${of(value)}`);
  return plain(
    `At the end, as parts of what decides: worse ${of(worse)}; good enough: ${parts.join(', ') || 'nothing compared'}`,
    1000,
  );
}
