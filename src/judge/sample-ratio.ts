import { logBeta } from './log-beta.js';

/** So many imagined requests hold the configured share in place. */
const CONCENTRATION = 100;

/** From here on the split of the traffic is surely not what was configured. */
export const SAMPLE_RATIO_LIMIT = Math.log(1000);

/**
 * The logarithm of the e-value that the split of requests is not the configured one: the Dirichlet-multinomial
 * mixture about it (Lindon and Malek, NeurIPS 2022). `share` is the canary's, in (0, 1). It says something of the
 * measurement and nothing of the release, so it only warns.
 */
export function logSampleRatio(
  counts: { readonly canary: number; readonly baseline: number },
  share: number,
  concentration = CONCENTRATION,
): number {
  const [one, zero] = [share * concentration, (1 - share) * concentration];
  const likelihood = counts.canary * Math.log(share) + counts.baseline * Math.log1p(-share);
  return logBeta(counts.canary + one, counts.baseline + zero) - logBeta(one, zero) - likelihood;
}
