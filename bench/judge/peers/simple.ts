import { minuteReader, sortedValues } from '../minutes.js';
import type { Contender } from '../outcome.js';
import { insertSorted, standardised } from './mann-whitney.js';
import { normalQuantile, normalTail } from './normal.js';

const FIRST_LOOK = 5;
const Z98 = normalQuantile(0.99);

/** The Mann-Whitney test at 98 % again each minute from the fifth on, without a tolerance. */
export function mannWhitney98(
  metrics: readonly { readonly metric: string; readonly quantile: number }[],
): Contender {
  const series = metrics.map(({ metric, quantile }) => ({
    read: minuteReader(metric, { quantile }),
    canary: [] as number[],
    baseline: [] as number[],
  }));
  return {
    name: 'Mann-Whitney',
    see: (step) => {
      let isHigh = false;
      for (const { read, canary, baseline } of series) {
        const value = read(step);
        if (value === null) continue;
        if (!Number.isNaN(value.canary)) insertSorted(canary, value.canary);
        if (!Number.isNaN(value.baseline)) insertSorted(baseline, value.baseline);
        if (Math.min(canary.length, baseline.length) < FIRST_LOOK) continue;
        isHigh ||= standardised(canary, baseline, 0) > Z98;
      }
      return isHigh ? 'fail' : null;
    },
  };
}

/**
 * A threshold on each minute's value of the canary. Flagger fails when `threshold` checks have failed, Argo Rollouts
 * when more than `failureLimit` measurements have: neither forgets.
 */
export function threshold(
  name: string,
  rule: {
    readonly metric: string;
    readonly quantile: number;
    readonly limit: number;
    readonly failures: number;
  },
): Contender {
  const read = minuteReader(rule.metric, { quantile: rule.quantile });
  let failures = 0;
  return {
    name,
    see: (step) => {
      const value = read(step);
      if (value !== null && !(value.canary <= rule.limit)) failures += 1;
      return failures >= rule.failures ? 'fail' : null;
    },
  };
}

/** All requests in one test at the end, one-sided at 1 %: the difference of two shares. */
export function fixedHorizonShares(metric: string, minutes: number): Contender {
  const sums = { xc: 0, nc: 0, xb: 0, nb: 0 };
  return {
    name: 'fixed horizon',
    see: ({ metrics, to }) => {
      const found = metrics[metric];
      if (found?.kind === 'errors') {
        sums.xc += found.canary?.failed ?? 0;
        sums.nc += found.canary?.total ?? 0;
        sums.xb += found.baseline?.failed ?? 0;
        sums.nb += found.baseline?.total ?? 0;
      }
      return to >= minutes * 60 && shareZ(sums) > Z98 ? 'fail' : null;
    },
  };
}

/** The same of how many values are above the baseline's 95th percentile. */
export function fixedHorizonQuantile(metric: string, minutes: number): Contender {
  const lists = { canary: [] as (readonly number[])[], baseline: [] as (readonly number[])[] };
  return {
    name: 'fixed horizon',
    see: ({ metrics, to }) => {
      const found = metrics[metric];
      if (found?.kind === 'latency') {
        if (found.canary !== null) lists.canary.push(found.canary);
        if (found.baseline !== null) lists.baseline.push(found.baseline);
      }
      if (to < minutes * 60) return null;
      const [canary, baseline] = [sortedValues(lists.canary), sortedValues(lists.baseline)];
      const bound = baseline[Math.floor(0.95 * baseline.length)] ?? Number.NaN;
      const above = (values: Float64Array) => values.filter((value) => value > bound).length;
      const z = shareZ({ xc: above(canary), nc: canary.length, xb: above(baseline), nb: baseline.length });
      return z > Z98 ? 'fail' : null;
    },
  };
}

/** A paired t test of the logarithms at the end, one-sided at 1 %. */
export function fixedHorizonPaired(metric: string, minutes: number): Contender {
  const logs: number[] = [];
  return {
    name: 'fixed horizon',
    see: ({ metrics, to }) => {
      const found = metrics[metric];
      if (found?.kind === 'gauge' && found.canary !== null && found.baseline !== null) {
        logs.push(Math.log(found.canary / found.baseline));
      }
      if (to < minutes * 60) return null;
      const n = logs.length;
      const mean = logs.reduce((sum, value) => sum + value, 0) / n;
      const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
      const t = mean / Math.sqrt(variance / n);
      // Student's t as a normal variable (Wallace, 1959), exact enough at 50 degrees of freedom and more.
      const z =
        Math.sign(t) * Math.sqrt((n - 1) * Math.log1p((t * t) / (n - 1))) * (1 - 3 / (8 * (n - 1) + 3));
      return normalTail(z) < 0.01 ? 'fail' : null;
    },
  };
}

function shareZ({ xc, nc, xb, nb }: Readonly<Record<'xc' | 'nc' | 'xb' | 'nb', number>>): number {
  const pooled = (xc + xb) / (nc + nb);
  return (xc / nc - xb / nb) / Math.sqrt(pooled * (1 - pooled) * (1 / nc + 1 / nb));
}
