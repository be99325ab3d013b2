import type { ArmEvidence, EffectEvidence, MetricEvidence } from './metric-evidence.js';
import type { WorseBy } from './rules.js';

/** What a sentence needs beside the evidence. */
export interface Told {
  readonly evidence: MetricEvidence;
  /** Latency only. */
  readonly quantile: number | null;
  /** What fails needs no word on what it lacked to pass. */
  readonly failed: boolean;
  /** The rule's least number of samples. */
  readonly least: number;
  /** The commonest reasons for failure. */
  readonly failures: Readonly<Record<string, number>>;
}

/**
 * `5.2 % of 400 requests failed (mostly status 500), the limit is 1 %; the baseline 0.5 % of 398: difference +4.7 pp
 * (95 %: +2.5 pp to open), allowed 0.5 pp; is under suspicion of being worse`
 */
export function describeMetric(told: Told): string {
  const { evidence } = told;
  const { canary, limit, coverage } = evidence;
  const found = canary.value === null ? 'no samples of the canary' : armText(told, canary);
  const parts = [
    limit === null ? found : `${found}, the limit is ${limitText(told, canary.value, limit.value)}`,
    comparedText(told),
    lackText(told),
    coverage.problem === null ? '' : `not all could be measured: ${coverage.problem}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function armText({ evidence: { kind }, quantile, failures }: Told, arm: ArmEvidence): string {
  const value = amount(kind, arm.value ?? 0, 3);
  if (kind === 'gauge') return `${value} after ${grouped(arm.samples)} readings`;
  const requests = `${grouped(arm.samples)} requests`;
  if (kind === 'latency') {
    return `${rounded((quantile ?? 0.95) * 100, 4)} % of ${requests} took at most ${value}`;
  }
  const [commonest] = Object.entries(failures).sort(([, a], [, b]) => b - a)[0] ?? [];
  const mostly = commonest === undefined || arm.failed === 0 ? '' : ` (mostly ${commonest})`;
  return `${value} of ${requests} failed${mostly}`;
}

function lackText({ evidence: { lack, lacks, canary }, least, failed }: Told): string {
  if (failed) return '';
  if (lack !== 'few-samples') return lacks ?? '';
  return `only ${grouped(canary.samples)} were measured, and ${grouped(least)} are needed`;
}

/** With as many digits as tell the limit from the value: what is above it must not read as equal. */
function limitText({ evidence: { kind } }: Told, value: number | null, limit: number): string {
  const shown = amount(kind, limit, 10);
  if (value === null || value === limit || amount(kind, value, 3) !== shown) return shown;
  return `${shown} (exactly ${amount(kind, value, 9)})`;
}

function comparedText({ evidence }: Told): string {
  const { kind, baseline, effect } = evidence;
  if (effect.margins === null || baseline.value === null) return '';
  const of = kind === 'gauge' ? '' : ` of ${grouped(baseline.samples)}`;
  const change = effect.value === null ? 'not yet compared' : effectText(kind, effect);
  return `the baseline ${amount(kind, baseline.value, 3)}${of}: ${change}, allowed ${marginText(kind, effect.margins.passBelow)}`;
}

function effectText(kind: MetricEvidence['kind'], effect: EffectEvidence): string {
  const { scale, value, interval } = effect;
  const text = (one: number | null, open: string) => (one === null ? open : changeText(kind, scale, one));
  const surely =
    interval.low === null && interval.high === null
      ? ''
      : ` (95 %: ${text(interval.low, 'open')} to ${text(interval.high, 'open')})`;
  return `${text(value, '')}${surely}`;
}

function changeText(kind: MetricEvidence['kind'], scale: EffectEvidence['scale'], value: number): string {
  if (scale === 'ratio') return `${signed((value - 1) * 100)} %`;
  return kind === 'errors' ? `${signed(value * 100)} pp` : signed(value);
}

function marginText(kind: MetricEvidence['kind'], { absolute, relative }: WorseBy): string {
  const margins = [
    ...(absolute === null
      ? []
      : [kind === 'errors' ? `${rounded(absolute * 100, 6)} pp` : rounded(absolute, 6)]),
    ...(relative === null ? [] : [`${rounded(relative * 100, 6)} %`]),
  ];
  return margins.join(' or ');
}

function amount(kind: MetricEvidence['kind'], value: number, digits: number): string {
  if (kind === 'errors') return `${rounded(value * 100, digits)} %`;
  return kind === 'latency' ? `${rounded(value, digits)} ms` : rounded(value, digits);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${rounded(Math.abs(value), 3)}`;
}

function rounded(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}
