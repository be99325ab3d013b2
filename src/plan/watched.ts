import type { Metric, Plan } from './plan.js';

/**
 * The metrics that a watch can measure, aimed at the service. After a promotion that retires the canary the
 * service is reached where the baseline was, and a probe that knows only the canary has nothing left to ask.
 * Without a canary, or when it stays, its own target is the service.
 */
export function watchedMetrics({ canary, metrics }: Pick<Plan, 'canary' | 'metrics'>): readonly Metric[] {
  const moved = canary !== null && canary.endsAt === 0;
  return metrics.flatMap((metric) => {
    const target = moved ? metric.probe.baseline : metric.probe.canary;
    return target ? [{ ...metric, probe: { ...metric.probe, canary: target, baseline: null } }] : [];
  });
}
