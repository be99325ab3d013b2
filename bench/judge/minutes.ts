import type { Step } from './trace.js';

/** One value of each arm for a minute, as controllers that query a metrics store see it. */
export interface MinuteValue {
  readonly canary: number;
  readonly baseline: number;
}

/** Sums the steps of a metric up to minutes; gives the minute's value with its last step, else null. */
export function minuteReader(
  metric: string,
  { quantile }: { readonly quantile: number },
): (step: Step) => MinuteValue | null {
  let steps: Step[] = [];
  return (step) => {
    steps.push(step);
    if (step.to % 60 !== 0) return null;
    const minute = steps;
    steps = [];
    const found = step.metrics[metric];
    if (found?.kind === 'gauge') {
      return { canary: found.canary ?? Number.NaN, baseline: found.baseline ?? Number.NaN };
    }
    if (found?.kind === 'errors') return ratesOf(metric, minute);
    const { canary, baseline } = sortedOf(metric, minute);
    return { canary: quantileOf(canary, quantile), baseline: quantileOf(baseline, quantile) };
  };
}

function ratesOf(metric: string, minute: readonly Step[]): MinuteValue {
  const sums = { canary: { total: 0, failed: 0 }, baseline: { total: 0, failed: 0 } };
  for (const { metrics } of minute) {
    const found = metrics[metric];
    if (found?.kind !== 'errors') continue;
    for (const arm of ['canary', 'baseline'] as const) {
      sums[arm].total += found[arm]?.total ?? 0;
      sums[arm].failed += found[arm]?.failed ?? 0;
    }
  }
  const rate = ({ total, failed }: { total: number; failed: number }) =>
    total > 0 ? failed / total : Number.NaN;
  return { canary: rate(sums.canary), baseline: rate(sums.baseline) };
}

interface SortedMinute {
  readonly canary: Float64Array;
  readonly baseline: Float64Array;
}

/** Several judges ask for the same minute of the same trace: it is sorted once, and known by its last step. */
const SORTED = new WeakMap<Step, SortedMinute>();

function sortedOf(metric: string, minute: readonly Step[]): SortedMinute {
  const last = minute.at(-1);
  const known = last === undefined ? undefined : SORTED.get(last);
  if (known !== undefined) return known;
  const values = (arm: 'canary' | 'baseline') =>
    sortedValues(
      minute.flatMap(({ metrics }) => {
        const found = metrics[metric];
        return found?.kind === 'latency' && found[arm] !== null ? [found[arm]] : [];
      }),
    );
  const sorted = { canary: values('canary'), baseline: values('baseline') };
  if (last !== undefined) SORTED.set(last, sorted);
  return sorted;
}

/** All values of several lists, rising. */
export function sortedValues(lists: readonly (readonly number[])[]): Float64Array {
  const sorted = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    sorted.set(list, at);
    at += list.length;
  }
  return sorted.sort();
}

/** By linear interpolation between the ranks, as most stores do it. */
function quantileOf(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
}
