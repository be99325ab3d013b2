import { upperTail } from './binomial.js';
import { countAboveUnit, quantileOf } from './histogram.js';
import { describeLatency, describeShare } from './sentences.js';
import { addSample, emptyTally, type Sample, type Tally, whatIsWrong } from './tally.js';
import type { MetricVerdict, Verdict } from './verdict.js';

/** The part of a plan's metric that the rule needs. */
export interface LimitRule {
  readonly name: string;
  readonly kind: 'errors' | 'latency';
  /** Latency only: 0.5 to 0.999. */
  readonly quantile: number;
  /** A share for errors, milliseconds for latency. */
  readonly limit: number;
  readonly minimumSamples: number;
}

/** A batch of samples, as `metrics/contract.ts` has it. */
export interface LimitBatch {
  readonly from: number;
  readonly to: number;
  readonly canary: Sample | null;
  readonly baseline: Sample | null;
  readonly problem?: string;
}

/** All that the rule knows of one step. Plain JSON, a few kilobytes. */
export interface LimitState {
  readonly rule: LimitRule;
  readonly canary: Tally;
  readonly baseline: Tally;
  readonly measuredMs: number;
  readonly missingMs: number;
  /** The last reason for samples that are missing. */
  readonly problem: string | null;
  /** The last sample that cannot be one. It forbids to pass. */
  readonly malformed: string | null;
}

/** Early stops need this many requests and this much certainty: evidence, not the first unlucky request. */
const LEAST_EVIDENCE = 10;
const DOUBT = 0.01;

export function startLimit(rule: LimitRule): LimitState {
  const { name, kind, quantile, limit, minimumSamples } = rule;
  const unit = Number.isFinite(limit) && limit > 0 ? limit : 1e-3;
  return {
    rule: { name, kind, quantile, limit, minimumSamples },
    canary: emptyTally(unit),
    baseline: emptyTally(unit),
    measuredMs: 0,
    missingMs: 0,
    problem: null,
    malformed: null,
  };
}

/** The baseline is for information here: what is wrong with it changes no verdict. */
export function addBatch(state: LimitState, batch: LimitBatch): LimitState {
  const withLatencies = state.rule.kind === 'latency';
  const { canary, baseline, problem } = batch;
  const wrong = canary === null ? null : whatIsWrong(canary, withLatencies);
  const usable = wrong === null ? canary : null;
  const soundBaseline = baseline !== null && whatIsWrong(baseline, withLatencies) === null ? baseline : null;
  const duration = Number.isFinite(batch.to - batch.from) ? Math.max(0, batch.to - batch.from) : 0;
  return {
    rule: state.rule,
    canary: usable === null ? state.canary : addSample(state.canary, usable, withLatencies),
    baseline:
      soundBaseline === null ? state.baseline : addSample(state.baseline, soundBaseline, withLatencies),
    measuredMs: state.measuredMs + (usable === null ? 0 : duration),
    missingMs: state.missingMs + (usable === null ? duration : 0),
    problem: problem ?? (canary === null ? 'no samples of the canary came' : state.problem),
    malformed: wrong ?? state.malformed,
  };
}

/**
 * Before the end of a step (`final: false`) only a clear breach is a verdict. At the end there always is one, and
 * it is `passed` only on enough sound samples within the limit.
 */
export function verdictOf(
  state: LimitState,
  { final }: { readonly final: boolean },
): MetricVerdict | 'continue' {
  const impossible = whyRuleIsImpossible(state.rule);
  if (impossible !== null) return conclude(state, 'errored', impossible);
  if (isClearBreach(state)) return conclude(state, 'failed', describe(state));
  return final ? finalVerdict(state) : 'continue';
}

function finalVerdict(state: LimitState): MetricVerdict {
  const { rule, canary, measuredMs, missingMs } = state;
  const problem = state.problem === null ? '' : `: ${state.problem}`;
  if (state.malformed !== null)
    return conclude(state, 'errored', `The measurement is broken: ${state.malformed}.`);
  if (canary.total === 0)
    return conclude(state, 'errored', `No request to the canary was measured${problem}.`);
  if (canary.total < rule.minimumSamples) {
    const found = `Only ${canary.total} requests were measured, ${rule.minimumSamples} are needed`;
    return conclude(state, 'inconclusive', `${found}${problem}.`);
  }
  if (isAboveLimit(state)) return conclude(state, 'failed', describe(state));
  if (missingMs > measuredMs) {
    return conclude(state, 'inconclusive', `More than half of the time went unmeasured${problem}.`);
  }
  return conclude(state, 'passed', describe(state));
}

/** Fails closed: a comparison with NaN must never be what lets a release through. */
function whyRuleIsImpossible({ kind, limit, quantile, minimumSamples }: LimitRule): string | null {
  if (!(Number.isFinite(limit) && limit >= 0)) return `The limit ${limit} is no limit.`;
  if (!(minimumSamples >= 1))
    return `The least number of samples is ${minimumSamples}, it must be at least 1.`;
  if (kind === 'latency' && !(quantile > 0 && quantile < 1))
    return `The quantile ${quantile} is not between 0 and 1.`;
  return null;
}

/** Whether the true share of bad requests is above the allowed one with 99 % certainty (Clopper-Pearson). */
function isClearBreach({ rule, canary }: LimitState): boolean {
  if (canary.total < LEAST_EVIDENCE) return false;
  const bad = rule.kind === 'errors' ? canary.failed : countAboveUnit(canary.latency);
  const allowed = rule.kind === 'errors' ? rule.limit : 1 - rule.quantile;
  return upperTail(bad, canary.total, allowed) < DOUBT;
}

function isAboveLimit(state: LimitState): boolean {
  const value = valueIn(state.rule, state.canary);
  return value === null || !(value <= state.rule.limit);
}

function valueIn(rule: LimitRule, tally: Tally): number | null {
  if (tally.total === 0) return null;
  return rule.kind === 'errors' ? tally.failed / tally.total : quantileOf(tally.latency, rule.quantile);
}

function describe({ rule, canary }: LimitState): string {
  const value = valueIn(rule, canary) ?? 0;
  return rule.kind === 'errors'
    ? describeShare({ value, limit: rule.limit, total: canary.total, failures: canary.failures })
    : describeLatency({ value, limit: rule.limit, total: canary.total, quantile: rule.quantile });
}

function conclude(state: LimitState, verdict: Verdict, reason: string): MetricVerdict {
  const { rule, canary, baseline } = state;
  return {
    metric: rule.name,
    verdict,
    reason,
    samples: canary.total,
    value: valueIn(rule, canary),
    limit: rule.limit,
    baseline: valueIn(rule, baseline),
  };
}
