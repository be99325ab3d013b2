import type { MetricVerdict } from '../judge/verdict.js';
import type { Judgement, ReleaseState } from '../release/state.js';
import { inline, sentence, table } from './markdown.js';
import { amount, baselineText, limitText, valueText } from './measure.js';
import { count, number, percent } from './quantity.js';
import { lastJudgement, verdictMark } from './stage-row.js';

/**
 * What the last judgement of a stage rests on: for each metric both arms, the change with its confidence sequence,
 * and the evidence beside what it takes to decide. Empty when nothing was judged.
 */
export function evidenceOf(state: ReleaseState, stage: 'canary' | 'promote'): string {
  const judgement = lastJudgement(state, stage);
  if (!judgement || judgement.metrics.length === 0) return '';
  const where = stage === 'canary' ? `(so far, at ${judgement.weight} %)` : '(in the watch)';
  return `${evidenceTable(judgement, `**Evidence** ${where}`)}\n\n${LEGEND}`;
}

/** The sentence of the judge and a row for each metric. */
export function evidenceTable(
  judgement: Pick<Judgement, 'reason' | 'combined' | 'metrics'>,
  head: string,
): string {
  return [
    `${head}: ${inline(sentence(judgement.reason))}${combinedText(judgement)}`,
    table(
      [
        'Metric',
        'Verdict',
        'Canary',
        'Baseline',
        'Change (95 %)',
        'Allowed',
        'Worse',
        'Good',
        'Would decide',
      ],
      judgement.metrics.map(rowOf),
    ),
  ].join('\n\n');
}

export const LEGEND =
  '_Worse_ and _Good_ are e-values: how many times more likely what was seen is if the canary is worse than allowed (or is not), beside the value that decides, in bold where they have reached it. Looking at any time and as often as wanted does not spoil them. _Would decide_: how many more requests would, if all goes on like this.';

/** Several metrics decide together when each brings a part of what it takes. */
function combinedText({ combined }: Pick<Judgement, 'combined'>): string {
  const { logE, logLimit } = combined;
  if (logLimit === null) return '';
  return ` All comparisons together: ${weighed(logE, logLimit)} that fail it.`;
}

function rowOf(metric: MetricVerdict): readonly string[] {
  const { evidence, importance } = metric;
  const { pass, needed } = evidence;
  return [
    `${inline(metric.metric, 60)}${importance === 'normal' ? '' : ` (${importance})`}`,
    verdictMark(metric.verdict),
    `${valueText(metric)}${counted(metric, 'canary')}`,
    `${baselineText(metric)}${counted(metric, 'baseline')}`,
    changeText(metric),
    allowedText(metric),
    worseText(metric),
    weighed(pass.logE, pass.logLimit),
    needed === null || needed.requests === 0 || metric.verdict !== 'inconclusive'
      ? '–'
      : `${needed.verdict} with ${count(needed.requests)} more`,
  ];
}

function counted({ kind, evidence }: MetricVerdict, arm: 'canary' | 'baseline'): string {
  const { samples, failed } = evidence[arm];
  if (samples === 0) return '';
  if (kind === 'errors' && failed !== null) return ` (${count(failed)} of ${count(samples)})`;
  return kind === 'gauge' ? ` (${count(samples)} readings)` : ` (${count(samples)} requests)`;
}

function changeText({ kind, evidence: { effect } }: MetricVerdict): string {
  if (effect.margins === null || effect.value === null) return '–';
  const { low, high } = effect.interval;
  const of = (value: number) =>
    effect.scale === 'ratio'
      ? signed((value - 1) * 100, ' %')
      : signed(kind === 'errors' ? value * 100 : value, kind === 'errors' ? ' pp' : '');
  const open = (value: number | null) => (value === null ? 'open' : of(value));
  return `${of(effect.value)} (${open(low)} … ${open(high)})`;
}

function allowedText(metric: MetricVerdict): string {
  const { kind, limit, evidence } = metric;
  const { margins, effectiveMargin } = evidence.effect;
  const by = margins?.passBelow;
  const coarse =
    effectiveMargin !== null && by?.relative != null && effectiveMargin > by.relative * 1.01
      ? `, ${percent(effectiveMargin, 2)} by its buckets`
      : '';
  const parts = [
    ...(by?.absolute == null
      ? []
      : [kind === 'errors' ? signed(by.absolute * 100, ' pp') : amount(metric, by.absolute, 3)]),
    ...(by?.relative == null ? [] : [`+${percent(by.relative)}${coarse}`]),
  ];
  return [parts.join(' or '), limit === null ? '' : `limit ${limitText(metric)}`]
    .filter((part) => part !== '')
    .join(', ');
}

/** What speaks against the canary beside the baseline, and alone against the limit. */
function worseText({ evidence: { fail, limit } }: MetricVerdict): string {
  const parts = [
    ...(fail.logLimit === null ? [] : [weighed(fail.logE, fail.logLimit)]),
    ...(limit?.fail && limit.fail.logLimit !== null
      ? [`limit ${weighed(limit.fail.logE, limit.fail.logLimit)}`]
      : []),
    ...(limit?.broken && limit.fail === null ? ['limit broken'] : []),
  ];
  return parts.join(', ') || '–';
}

/** `0.31 of 133`, in bold when it is enough; `–` where it decides nothing. */
function weighed(logE: number | null, logLimit: number | null): string {
  if (logLimit === null) return '–';
  const text = `${eValue(logE)} of ${eValue(logLimit)}`;
  return logE !== null && logE >= logLimit ? `**${text}**` : text;
}

const LARGEST_SHOWN = Math.log(1e6);

function eValue(log: number | null): string {
  if (log === null || log < -LARGEST_SHOWN) return '0';
  return log > LARGEST_SHOWN ? 'over 1,000,000' : number(Math.exp(log), 3);
}

function signed(value: number, unit: string): string {
  return `${value < 0 ? '−' : '+'}${number(Math.abs(value))}${unit}`;
}
