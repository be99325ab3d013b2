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
  let arms = { canary: new Arm(), baseline: new Arm() };
  return (step) => {
    const found = step.metrics[metric];
    if (found?.kind === 'gauge')
      return { canary: found.canary ?? Number.NaN, baseline: found.baseline ?? Number.NaN };
    for (const arm of ['canary', 'baseline'] as const) {
      if (found?.kind === 'errors') arms[arm].count(found[arm]);
      if (found?.kind === 'latency') arms[arm].values.push(...(found[arm] ?? []));
    }
    if (step.to % 60 !== 0) return null;
    const { canary, baseline } = arms;
    arms = { canary: new Arm(), baseline: new Arm() };
    if (found?.kind !== 'latency') return { canary: canary.rate(), baseline: baseline.rate() };
    return { canary: canary.quantile(quantile), baseline: baseline.quantile(quantile) };
  };
}

class Arm {
  readonly values: number[] = [];
  private total = 0;
  private failed = 0;

  count(counts: { readonly total: number; readonly failed: number } | null): void {
    this.total += counts?.total ?? 0;
    this.failed += counts?.failed ?? 0;
  }

  rate(): number {
    return this.total > 0 ? this.failed / this.total : Number.NaN;
  }

  /** By linear interpolation between the ranks, as most stores do it. */
  quantile(q: number): number {
    if (this.values.length === 0) return Number.NaN;
    const sorted = Float64Array.from(this.values).sort();
    const at = q * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
    return low + (high - low) * (at - Math.floor(at));
  }
}
