import { logShareMixture } from '../../../src/judge/share-interval.js';

/**
 * The two-sample quantile e-process of Howard and Ramdas (Bernoulli 2022): the least, over the unknown quantile of the
 * baseline, of the product of both arms' mixtures. A peer of the judge's latency streams.
 */
export function logQuantileMixture(input: {
  readonly canary: readonly number[];
  readonly baseline: readonly number[];
  readonly q: number;
  readonly margin: number;
  readonly tOpt: number;
  readonly alphaOpt: number;
}): number {
  const { canary, baseline, q, margin } = input;
  const tuning = { requests: input.tOpt, alpha: input.alphaOpt };
  const scaled = canary.map((value) => value / (1 + margin));
  const log = (values: readonly number[], holds: (value: number) => boolean) =>
    logShareMixture({ count: values.filter(holds).length, total: values.length }, q, tuning);
  return Math.min(
    ...[...scaled, ...baseline].flatMap((x) => [
      log(scaled, (value) => value <= x) + log(baseline, (value) => value <= x),
      log(scaled, (value) => value < x) + log(baseline, (value) => value < x),
    ]),
  );
}
