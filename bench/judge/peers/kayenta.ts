import { minuteReader } from '../minutes.js';
import type { Contender } from '../outcome.js';
import { insertSorted, rootAt, type Shift, shiftOf, standardised } from './mann-whitney.js';
import { normalQuantile } from './normal.js';

/** What Kayenta's configuration of a metric says, with its names. */
export interface KayentaConfig {
  readonly direction: 'increase' | 'decrease' | 'either';
  readonly nanStrategy: 'remove' | 'replace';
  readonly critical: boolean;
  readonly tolerance: number;
  readonly confidenceLevel: number;
  readonly effectSizeMeasure: 'meanRatio' | 'cles';
  readonly allowedDecrease: number;
  readonly allowedIncrease: number;
  readonly criticalDecrease: number;
  readonly criticalIncrease: number;
}

export interface Classification {
  readonly classification: 'High' | 'Low' | 'Pass' | 'Nodata';
  readonly critical: boolean;
}

/** As its judge has them where nothing is configured. */
export const KAYENTA_DEFAULTS: KayentaConfig = {
  direction: 'increase',
  nanStrategy: 'remove',
  critical: true,
  tolerance: 0.25,
  confidenceLevel: 0.98,
  effectSizeMeasure: 'meanRatio',
  allowedDecrease: 1,
  allowedIncrease: 1,
  criticalDecrease: 1,
  criticalIncrease: 1,
};

/** The Mann-Whitney classifier of spinnaker/kayenta, as its own test data have it. */
export function classify(
  experiment: readonly number[],
  control: readonly number[],
  config: KayentaConfig,
): Classification {
  const [x, y] = [cleaned(experiment, config), cleaned(control, config)];
  if (x.length === 0 || y.length === 0) {
    return config.nanStrategy === 'remove'
      ? { classification: 'Nodata', critical: config.critical }
      : { classification: 'Pass', critical: false };
  }
  if (areEqual(x, y)) return { classification: 'Pass', critical: false };
  const shift = shiftBetween(x, y, config);
  const tolerated = config.tolerance * Math.abs(shift.estimate);
  const isHigh = config.direction !== 'decrease' && shift.low > tolerated;
  const isLow = config.direction !== 'increase' && shift.high < -tolerated;
  const effect = effectSize(x, y, config);
  // An effect that cannot be computed, as with a mean of zero, forgives nothing.
  const exceeds = (decrease: number, increase: number) =>
    (isHigh && !(effect < increase)) || (isLow && !(effect > decrease));
  if (!exceeds(config.allowedDecrease, config.allowedIncrease)) {
    return { classification: 'Pass', critical: false };
  }
  const critical = config.critical && exceeds(config.criticalDecrease, config.criticalIncrease);
  return { classification: isHigh ? 'High' : 'Low', critical };
}

/** One look a minute at all minutes so far, from the fifth on; a metric that is high fails the canary. */
export function kayenta(
  metrics: readonly { readonly metric: string; readonly quantile: number }[],
): Contender {
  const series = metrics.map(({ metric, quantile }) => ({
    read: minuteReader(metric, { quantile }),
    canary: [] as number[],
    baseline: [] as number[],
  }));
  return {
    name: metrics.length > 1 ? `Kayenta, ${metrics.length} metrics` : 'Kayenta',
    see: (step) => {
      let isHigh = false;
      for (const { read, canary, baseline } of series) {
        const value = read(step);
        if (value === null) continue;
        if (!Number.isNaN(value.canary)) insertSorted(canary, value.canary);
        if (!Number.isNaN(value.baseline)) insertSorted(baseline, value.baseline);
        if (Math.min(canary.length, baseline.length) < FIRST_LOOK) continue;
        isHigh ||= looksHigh(canary, baseline) && isClassifiedHigh(canary, baseline);
      }
      return isHigh ? 'fail' : null;
    },
  };
}

const FIRST_LOOK = 5;
const Z = normalQuantile(0.99);

/** The interval lies above zero at least: cheap, and true wherever the classifier says so. */
function looksHigh(canary: readonly number[], baseline: readonly number[]): boolean {
  return standardised(canary, baseline, 0) > Z || isConstant(canary);
}

function isClassifiedHigh(canary: readonly number[], baseline: readonly number[]): boolean {
  return classify(canary, baseline, KAYENTA_DEFAULTS).classification === 'High';
}

/** Kayenta adds a hair of noise to two constant series, after which all that matters is which one is larger. */
function shiftBetween(x: readonly number[], y: readonly number[], config: KayentaConfig): Shift {
  if (isConstant(x) && isConstant(y)) {
    const difference = (x[0] ?? 0) - (y[0] ?? 0);
    return { low: difference, high: difference, estimate: difference };
  }
  if (config.direction !== 'increase') return shiftOf(x, y, config.confidenceLevel);
  const z = normalQuantile(1 - (1 - config.confidenceLevel) / 2);
  return { low: rootAt(x, y, z), high: Number.NaN, estimate: rootAt(x, y, 0) };
}

function effectSize(x: readonly number[], y: readonly number[], config: KayentaConfig): number {
  if (config.effectSizeMeasure === 'cles') {
    const wins = x.map((a) => y.reduce((sum, b) => sum + (a > b ? 1 : a === b ? 0.5 : 0), 0));
    return wins.reduce((sum, won) => sum + won, 0) / (x.length * y.length);
  }
  const [above, below] = [mean(x), mean(y)];
  return above === 0 || below === 0 ? Number.NaN : above / below;
}

/** Without what is no number, and sorted: neither the test nor the effect knows an order. */
function cleaned(values: readonly number[], { nanStrategy }: KayentaConfig): readonly number[] {
  const kept =
    nanStrategy === 'remove'
      ? values.filter((value) => !Number.isNaN(value))
      : values.map((value) => (Number.isNaN(value) ? 0 : value));
  return kept.sort((a, b) => a - b);
}

function areEqual(x: readonly number[], y: readonly number[]): boolean {
  if (isConstant(x) && isConstant(y) && x[0] === y[0]) return true;
  return x.length === y.length && x.every((value, i) => value === y[i]);
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
