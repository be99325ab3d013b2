import { type Block, canaryShare, hasBothArms } from './block.js';
import { needsTwoIntervals, phiOf } from './dispersion.js';
import { intervalOf } from './effect-grid.js';
import { effectMargins, valueOfMargin } from './effect-margins.js';
import { baselineRate, errorMargins, errorTotals } from './errors.js';
import type { ErrorsMetric } from './errors-metric.js';
import type { ArmEvidence, EffectEvidence, KindEvidence, LogLimits } from './metric-evidence.js';
import { type Needed, neededRequests } from './needed.js';
import { shareInterval } from './share-interval.js';
import { comparisonOf, type Standing } from './standing.js';

export function evidenceOfErrors(metric: ErrorsMetric, standing: Standing, limits: LogLimits): KindEvidence {
  const { comparison } = metric;
  const totals = errorTotals(comparison);
  return {
    canary: armOf(totals.xc, totals.nc),
    baseline: armOf(totals.xb, totals.nb),
    effect: effectOf(metric, totals),
    phi: phiOf(comparison.dispersion),
    twoIntervals: needsTwoIntervals(comparison.dispersion),
    needed: neededBy(metric, standing, limits),
  };
}

function armOf(failed: number, samples: number): ArmEvidence {
  if (samples <= 0) return { samples, failed, value: null, interval: null };
  const [low, high] = shareInterval({ count: failed, total: samples });
  return { samples, failed, value: failed / samples, interval: { low, high } };
}

function effectOf({ rule, comparison }: ErrorsMetric, totals: Block): EffectEvidence {
  const margins = effectMargins(comparisonOf(rule));
  const scale = margins[0]?.kind === 'relative' ? 'ratio' : 'difference';
  const canary = totals.xc / totals.nc;
  const baseline = totals.xb / totals.nb;
  const value = scale === 'ratio' ? canary / baseline : canary - baseline;
  return {
    scale,
    value: hasBothArms(totals) && Number.isFinite(value) ? value : null,
    interval: intervalOf(comparison.effect, margins.map(valueOfMargin)),
    margins: rule.comparison,
    effectiveMargin: null,
  };
}

function neededBy({ rule, comparison }: ErrorsMetric, standing: Standing, limits: LogLimits): Needed | null {
  const { judged, dispersion } = comparison;
  if (rule.comparison === null || !hasBothArms(judged)) return null;
  const rates = {
    baseline: baselineRate(comparison),
    canary: (judged.xc + 0.5) / (judged.nc + 1),
    share: canaryShare(judged),
  };
  const progress = {
    rates,
    total: judged.nb + judged.nc,
    phi: phiOf(dispersion),
    logFail: standing.logFail,
    logFailLimit: limits.fail ?? Number.POSITIVE_INFINITY,
    logPass: standing.logPass,
    logPassLimit: limits.pass ?? Number.POSITIVE_INFINITY,
  };
  return neededRequests(progress, {
    fail: errorMargins(rule.comparison.failAbove),
    pass: errorMargins(rule.comparison.passBelow),
  });
}
