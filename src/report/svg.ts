import { linear, type Scale, timeTicks } from './scale.js';

/** What the charts of a release are drawn with: one width, one axis of time, one set of colours. */

export const WIDTH = 760;
export const LEFT = 64;
export const RIGHT = WIDTH - 24;

export interface Panel {
  readonly top: number;
  readonly bottom: number;
}

/** A whole picture. It brings its own background, since a page is light or dark without telling. */
export function picture(options: {
  readonly title: string;
  readonly about: string;
  readonly height: number;
  readonly parts: readonly string[];
}): string {
  const { title, about, height, parts } = options;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title about">`,
    `<title id="title">${xml(title)}</title>`,
    `<desc id="about">${xml(about)}</desc>`,
    STYLE,
    `<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(16, 30, title, 'head'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** The scale of time, with a little room after the last point, so that what happens at the very end can be seen. */
export function timeScale({ from, to }: { readonly from: string; readonly to: string }): Scale {
  const begin = Date.parse(from);
  const end = begin + Math.max(Date.parse(to) - begin, 10_000) * 1.03;
  return linear([begin, end], [LEFT, RIGHT], timeTicks(begin, end, 8));
}

/** The axis of time below the last panel, in UTC. */
export function timeAxis(
  time: Scale,
  panel: Panel,
  span: { readonly from: string; readonly to: string },
): readonly string[] {
  const ticks = time.ticks.length > 0 ? time.ticks : [Date.parse(span.from)];
  const seconds = ticks.some((tick) => tick % 60_000 !== 0);
  const days = span.from.slice(0, 10) !== span.to.slice(0, 10);
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
    text(RIGHT, y + 40, `time, UTC (${span.from.slice(0, 10)})`, 'tick end'),
  ];
}

export function grid(y: Scale, label: (tick: number) => string): readonly string[] {
  return y.ticks.flatMap((tick) => [
    `<path class="${tick === 0 ? 'axis' : 'grid'}" d="M${LEFT} ${px(y.at(tick))}H${RIGHT}"/>`,
    text(LEFT - 8, y.at(tick) + 4, label(tick), 'tick end'),
  ]);
}

/** Entries from the right edge inwards, on the line of the panel's label. */
export function legend(entries: readonly (readonly [string, string])[], panel: Panel): readonly string[] {
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

export function circle(x: number, y: number, kind: string): string {
  return `<circle class="${kind}" cx="${px(x)}" cy="${px(y)}" r="4"/>`;
}

/** Above the point, and to its left where the picture ends. */
export function valueLabel(x: number, y: number, content: string): string {
  return x > RIGHT - 40 ? text(x, y - 8, content, 'value end') : text(x, y - 8, content, 'value');
}

export function box(x: number, y: number): string {
  return `<rect class="box baseline" x="${px(x - 3.5)}" y="${px(y - 3.5)}" width="7" height="7"/>`;
}

export function text(x: number, y: number, content: string, kind: string): string {
  return `<text class="${kind}" x="${px(x)}" y="${px(y)}">${xml(content)}</text>`;
}

export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function xml(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `<style>
  svg { --page: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #d1d9e0; --weight: #6639ba; --canary: #0969da; --baseline: #9a6700; --limit: #d1242f; --worse: #d1242f; --good: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --grid: #30363d; --weight: #bc8cff; --canary: #58a6ff; --baseline: #d29922; --limit: #ff7b72; --worse: #ff7b72; --good: #3fb950; }
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
  .line.good { stroke: var(--good); }
  .line.worse { stroke: var(--worse); stroke-width: 2.5; }
  .line.g1 { stroke-dasharray: 7 3; }
  .line.g2 { stroke-dasharray: 2 3; }
  .line.g3 { stroke-dasharray: 9 3 2 3; }
  .enough { fill: var(--good); opacity: 0.08; }
  .enough.bad { fill: var(--worse); }
  .line.mark { stroke: var(--weight); stroke-width: 1; stroke-dasharray: 3 4; }
  .line.limit { stroke: var(--limit); stroke-width: 1.5; stroke-dasharray: 2 4; }
  .line.lost { stroke-dasharray: 3 5; }
  .dot.weight { fill: var(--weight); }
  .ring { fill: var(--page); stroke-width: 2; }
  .dot.canary { fill: var(--canary); }
  .box.baseline { fill: var(--baseline); }
</style>`;
