import type { Judgement, ReleaseState } from '../release/state.js';
import { inline, table } from './markdown.js';
import { baselineText, limitText, valueText } from './measure.js';
import { clock, count } from './quantity.js';
import { thinned } from './series.js';
import { verdictMark } from './stage-row.js';

const MOST_ROWS = 200;

/** What was judged at which weight, and the steps that were never reached; empty when there is no canary. */
export function stepsTable(state: ReleaseState): string {
  const judged = state.judgements.filter((judgement) => judgement.stage === 'canary');
  const missed = state.started.steps.filter((weight) => judged.every((one) => one.weight !== weight));
  const reached = new Set(state.weights.map((point) => point.weight));
  const rows = [
    ...thinned(judged, MOST_ROWS).flatMap(judgementRows),
    ...missed.map((weight) => [
      `${weight} %`,
      reached.has(weight) ? 'Not judged' : 'Not reached',
      '–',
      '–',
      '–',
      '–',
      '–',
      '–',
    ]),
  ];
  return rows.length === 0
    ? ''
    : table(['Weight', 'Verdict', 'Metric', 'Canary', 'Limit', 'Baseline', 'Samples', 'At'], rows);
}

/** What was judged while the new version was watched after promotion; empty when nothing was. */
export function watchTable(state: ReleaseState): string {
  const judged = state.judgements.filter((judgement) => judgement.stage === 'promote');
  if (judged.length === 0) return '';
  const rows = thinned(judged, MOST_ROWS)
    .flatMap(judgementRows)
    .map(([, ...cells]) => cells);
  return table(['Verdict', 'Metric', 'Value', 'Limit', 'Baseline', 'Samples', 'At'], rows);
}

/** Each weight that was set, with its time (UTC); empty when none was. */
export function weightsTable(state: ReleaseState): string {
  if (state.weights.length === 0) return '';
  const rows = thinned(state.weights, MOST_ROWS).map(({ at, weight, verified }) => [
    clock(at),
    `${weight} %`,
    verified ? 'read back' : 'unverified',
  ]);
  return table(['At (UTC)', 'Weight', 'Proof'], rows);
}

function judgementRows(judgement: Judgement): readonly (readonly string[])[] {
  const weight = `${judgement.weight} %`;
  const at = clock(judgement.at);
  if (judgement.metrics.length === 0) {
    return [[weight, verdictMark(judgement.verdict), 'no metric', '–', '–', '–', '–', at]];
  }
  return judgement.metrics.map((metric) => [
    weight,
    verdictMark(metric.verdict),
    inline(metric.metric, 60),
    metric.value === null ? inline(metric.reason, 200) : valueText(metric),
    limitText(metric),
    baselineText(metric),
    count(metric.samples),
    at,
  ]);
}
