import type { Metric } from './plan.js';

/** A metric passes when "worse than the margin" is refuted with this chance of being wrong. */
const FALSE_PASS = 0.05;
/** Where only a ratio is compared, failures are what it is learnt from; a service that is judged so may have so many. */
const FAILING = 0.05;
const NONE = 1e-9;

/**
 * How many requests to each arm any test needs before a metric can pass, both arms having equally many and the
 * canary being as good as can be: `log(1/alpha) / (2 I)` with I the divergence from the edge of the null (Wald). Fewer
 * can never pass; most need more.
 */
export function leastRequests({ kind, worseBy, quantile }: Metric): number {
  if (worseBy === null || kind === 'gauge') return 0;
  if (kind === 'latency') return requestsFor(ratioInformation({ baseline: 1 - quantile, canary: NONE }, 1));
  const { absolute, relative } = worseBy;
  // With both margins a metric passes by either.
  const options = [
    ...(absolute === null ? [] : [requestsFor(-0.5 * Math.log1p(-absolute))]),
    ...(relative === null
      ? []
      : [requestsFor(ratioInformation({ baseline: FAILING, canary: FAILING }, 1 + relative))]),
  ];
  return Math.min(...options);
}

function requestsFor(information: number): number {
  return information > 0 ? Math.ceil(-Math.log(FALSE_PASS) / information / 2) : Number.POSITIVE_INFINITY;
}

/** Nats a request brings against "at least `times` the baseline's rate", half of the requests in each arm. */
function ratioInformation(
  { baseline, canary }: { readonly baseline: number; readonly canary: number },
  times: number,
): number {
  const common = 0.5 * (canary + baseline);
  const slope = 0.5 * (times + canary) + 0.5 * (1 + times * baseline);
  const edge = times === 1 ? common : (2 * common) / (slope + Math.sqrt(slope ** 2 - 4 * times * common));
  return 0.5 * divergence(canary, times * edge) + 0.5 * divergence(baseline, edge);
}

function divergence(rate: number, from: number): number {
  return rate * Math.log(rate / from) + (1 - rate) * (Math.log1p(-rate) - Math.log1p(-from));
}
