import { boundOf, clipProbability, type Margin } from './margin.js';

const { max, min } = Math;

/** Which hypothesis is being refuted: `fail` refutes "not worse than the margin", `pass` "at least that much worse". */
export type Side = 'fail' | 'pass';

/** How strong the regressions are that FAIL bets on: multiples of the odds at the margin. */
const FAIL_ODDS = [1.12, 1.3, 1.6, 2.2, 3.5, 6, 12, 40] as const;
const FAIL_SHARES = [0.1, 0.12, 0.15, 0.18, 0.18, 0.13, 0.09, 0.05] as const;

/** How far below the margin PASS bets that the canary is, in steps from the margin to the expected rate. */
const PASS_STEPS = [0.5, 1, 2] as const;
const PASS_SHARES = [0.2, 0.6, 0.2] as const;

/** The share of the capital that each alternative gets. */
export function sharesOf(side: Side): readonly number[] {
  return side === 'fail' ? FAIL_SHARES : PASS_SHARES;
}

/** The canary's rates that FAIL bets on: `odds(c_k) = m_k odds(g(b))`. `bound` is g(b). */
export function failAlternatives(bound: number): readonly number[] {
  const odds = bound / (1 - bound);
  return FAIL_ODDS.map((multiple) => clipProbability((multiple * odds) / (1 + multiple * odds)));
}

/**
 * The canary's rates that PASS bets on: `g(b) - (g(b) - e) t`, not below a third of the expected rate `e`, and
 * below the margin. `bound` is g(b).
 */
export function passAlternatives(bound: number, expected: number): readonly number[] {
  return PASS_STEPS.map((step) => {
    const rate = max(bound - (bound - expected) * step, expected / 3);
    return clipProbability(min(rate, bound * (1 - 1e-6)));
  });
}

/** The alternatives of one side for a baseline's rate; without a regression the canary is expected to have it too. */
export function alternativesOf(
  side: Side,
  margin: Margin,
  rates: { readonly baseline: number; readonly expected: number },
): readonly number[] {
  const bound = boundOf(margin, rates.baseline);
  return side === 'fail' ? failAlternatives(bound) : passAlternatives(bound, rates.expected);
}
