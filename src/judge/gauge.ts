import {
  type Capital,
  FAIL_SCHEDULE,
  invest,
  logValue,
  multiply,
  PASS_SCHEDULE,
  startCapital,
} from './capital.js';
import { type EffectGrid, startEffectGrid, stepGrid } from './effect-grid.js';
import { differences, ratiosFor } from './effect-margins.js';
import { logLevelShift } from './level-shift.js';
import { logAddExp } from './log-space.js';
import { type Forecast, forecast, type Scatter, scatterOfHistory } from './prewhitening.js';
import type { Comparison, GaugeRule } from './rules.js';

const { log, log1p, max, min, tanh } = Math;

/** The comparison of two readings taken at the same times. Plain JSON, below 2 kB. */
export interface GaugeComparison {
  /** The last differences of the arms, without a margin: logarithms of ratios, or plain ones. Larger is worse. */
  readonly past: readonly number[];
  readonly pairs: number;
  /** Bets on the signs of the differences. */
  readonly fail: Capital;
  readonly pass: Capital;
  /** The logarithm of the e-value of a shift of the level; what of the noise was known before. */
  readonly shift: number;
  readonly known: Scatter | null;
  readonly effect: EffectGrid;
}

export interface Pair {
  readonly canary: number;
  readonly baseline: number;
}

/** Parts of the stake risked on each pair. */
const STAKES = [0.2, 0.5, 0.98] as const;
const SHARES = [0.15, 0.3, 0.55] as const;
/** The part that the confidence sequence risks. */
const EFFECT_STAKE = 0.5;

/** So many past pairs are remembered; the state stays small. */
const MEMORY = 64;
/** Ratios are taken of values within these; zero is the least of them. */
const SMALLEST = 1e-12;
const LARGEST = 1e12;

type Rule = Pick<GaugeRule, 'better'> & { readonly comparison: Comparison };

/** `readings` are the baseline's before the canary, as far apart as the pairs will be. */
export function startGauge(comparison: Comparison, readings: readonly number[] = []): GaugeComparison {
  const past = readings.map((value) => (comparesRatios(comparison) ? log(within(value)) : value));
  return {
    past: [],
    pairs: 0,
    fail: startCapital(STAKES.length),
    pass: startCapital(STAKES.length),
    shift: 0,
    known: scatterOfHistory(past),
    effect: startEffectGrid(gaugeCandidates(comparison).length),
  };
}

/** Bets on what a pair brings beyond its forecast; the pair then joins the past. */
export function updateGauge(state: GaugeComparison, rule: Rule, pair: Pair): GaugeComparison {
  const value = differenceOf(rule, pair);
  const expected = forecast(state.past);
  const { failAbove, passBelow } = gaugeMargins(rule);
  const past = [...state.past, value].slice(-MEMORY);
  const pairs = state.pairs + 1;
  const next = {
    ...state,
    past,
    pairs,
    shift: logLevelShift({
      values: past.map((difference) => difference - failAbove),
      before: pairs - past.length,
      known: state.known,
    }),
  };
  if (expected === null) return next;
  const above = surprise(expected, value, failAbove);
  const below = -surprise(expected, value, passBelow);
  return {
    ...next,
    fail: bet(state.fail, { surprise: above, tick: state.pairs, schedule: FAIL_SCHEDULE }),
    pass: bet(state.pass, { surprise: below, tick: state.pairs, schedule: PASS_SCHEDULE }),
    effect: updateEffect(state.effect, rule, { expected, value }),
  };
}

/**
 * The mean of two e-values: of the signs, which needs no more than symmetric noise but brings at most log 2 a pair,
 * and of the level, which finds jumps in a few pairs.
 */
export function gaugeFail(state: GaugeComparison): number {
  return logAddExp(signsFail(state), state.shift) - Math.LN2;
}

export function signsFail(state: GaugeComparison): number {
  return logValue(state.fail);
}

export function gaugePass(state: GaugeComparison): number {
  return logValue(state.pass);
}

/** Whether values are compared as ratios; else as differences. */
export function comparesRatios({ failAbove, passBelow }: Comparison): boolean {
  return failAbove.absolute === null && passBelow.absolute === null;
}

/** Candidates of the effect as people read it, rising in harm: factors or differences of the value. */
export function gaugeCandidates(comparison: Comparison): readonly number[] {
  const { failAbove, passBelow } = comparison;
  if (comparesRatios(comparison)) return ratiosFor(comparison);
  return differences(passBelow.absolute ?? failAbove.absolute ?? 0);
}

/** Margins on the scale of the differences; where more is better, 10 % worse is a factor of 0.9. */
export function gaugeMargins({ comparison, better }: Rule): {
  readonly failAbove: number;
  readonly passBelow: number;
} {
  const { failAbove, passBelow } = comparison;
  if (!comparesRatios(comparison)) {
    return { failAbove: failAbove.absolute ?? 0, passBelow: passBelow.absolute ?? 0 };
  }
  const onLog = (margin: number) => (better === 'higher' ? -log1p(-margin) : log1p(margin));
  return { failAbove: onLog(failAbove.relative ?? 0), passBelow: onLog(passBelow.relative ?? 0) };
}

/** `log(canary / baseline)` or `canary - baseline`, turned so that larger is worse. */
export function differenceOf({ comparison, better }: Rule, { canary, baseline }: Pair): number {
  const raw = comparesRatios(comparison) ? log(within(canary)) - log(within(baseline)) : canary - baseline;
  return Number((better === 'higher' ? -raw : raw).toPrecision(9)) + 0;
}

/**
 * `tanh(y / s)` of what is left of the pair after its forecast, `y = X_t - rho X_{t-1}` with X the difference less the
 * margin.
 */
function surprise({ correlation, last, scatter }: Forecast, value: number, margin: number): number {
  return tanh((value - margin - correlation * (last - margin)) / scatter);
}

/**
 * `M_k <- M_k (1 + c_k tanh(y/s))`: tanh is odd and rises, so each factor has an expectation of at most 1 while y is
 * symmetric about a value that is not above zero. No moments are needed, and an outlier brings at most log 2.
 */
function bet(
  capital: Capital,
  step: {
    readonly surprise: number;
    readonly tick: number;
    readonly schedule: { readonly first: number; readonly perTick: number };
  },
): Capital {
  const invested = invest(capital, { shares: SHARES, ...step.schedule }, step.tick);
  return multiply(
    invested,
    STAKES.map((stake) => log1p(stake * step.surprise)),
  );
}

function updateEffect(
  effect: EffectGrid,
  rule: Rule,
  { expected, value }: { readonly expected: Forecast; readonly value: number },
): EffectGrid {
  const isRatio = comparesRatios(rule.comparison);
  const surprises = gaugeCandidates(rule.comparison).map((candidate) =>
    surprise(expected, value, isRatio ? log(candidate) : candidate),
  );
  return stepGrid(effect, {
    larger: surprises.map((found) => log1p(EFFECT_STAKE * found)),
    smaller: surprises.map((found) => log1p(-EFFECT_STAKE * found)),
  });
}

function within(value: number): number {
  return min(LARGEST, max(SMALLEST, value));
}
