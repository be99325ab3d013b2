import {
  DEFAULT_COMPARISON,
  DEFAULT_MINIMUM_SAMPLES,
  type JudgeRules,
  type MetricRule,
  sameOnBothSides,
  type WorseBy,
} from '../../src/judge/rules.js';

type Kind = MetricRule['kind'];

/** No margin at all: any difference that can be shown fails. What the peers do that have no tolerance. */
export const NO_MARGIN: WorseBy = { absolute: null, relative: 0 };
export const HALF_POINT: WorseBy = { absolute: 0.005, relative: null };
export const TENTH: WorseBy = { absolute: null, relative: 0.1 };

/** The rules of one metric as a plan without further words would have them, or with a margin of its own. */
export function rulesFor(
  kind: Kind,
  options: { readonly worseBy?: WorseBy; readonly falseAlarm: number; readonly metrics?: readonly string[] },
): JudgeRules {
  const { worseBy, falseAlarm, metrics = [kind] } = options;
  return {
    metrics: Object.fromEntries(metrics.map((name) => [name, ruleOf(kind, worseBy)])),
    falseAlarm,
    falsePass: 0.05,
  };
}

function ruleOf(kind: Kind, worseBy: WorseBy | undefined): MetricRule {
  const comparison = worseBy === undefined ? DEFAULT_COMPARISON[kind] : comparisonOf(kind, worseBy);
  const common = {
    importance: 'normal',
    limit: null,
    minimumSamples: DEFAULT_MINIMUM_SAMPLES[kind],
  } as const;
  if (kind === 'errors') return { ...common, kind, comparison };
  if (kind === 'latency') return { ...common, kind, comparison, quantile: 0.95 };
  return { ...common, kind, comparison, better: 'lower' };
}

/** Without a margin nothing can be shown to be no worse: PASS keeps the default one. */
function comparisonOf(kind: Kind, worseBy: WorseBy) {
  if (worseBy !== NO_MARGIN) return sameOnBothSides(worseBy);
  return { failAbove: NO_MARGIN, passBelow: kind === 'errors' ? { absolute: null, relative: 0.25 } : TENTH };
}
