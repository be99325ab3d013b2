import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { alternativesOf, type Side } from '../../src/judge/alternatives.js';
import { addBlocks, EMPTY_BLOCK, hasBothArms, logFactor } from '../../src/judge/block.js';
import { logValueOf, startBlockProcess, updateBlockProcess } from '../../src/judge/block-process.js';
import { closeInterval, startDispersion } from '../../src/judge/dispersion.js';
import { exceedanceOf } from '../../src/judge/exceedance.js';
import { gaugePass, signsFail, startGauge, updateGauge } from '../../src/judge/gauge.js';
import { logBeta } from '../../src/judge/log-beta.js';
import { logWeightedSum } from '../../src/judge/log-space.js';
import type { Margin } from '../../src/judge/margin.js';
import { divergence, project } from '../../src/judge/projection.js';
import { limitTotalRequests } from '../../src/judge/request-limit.js';
import { sameOnBothSides } from '../../src/judge/rules.js';
import { logSampleRatio } from '../../src/judge/sample-ratio.js';
import { logShareMixture, shareInterval } from '../../src/judge/share-interval.js';
import { mannWhitney } from './peers/mann-whitney.js';
import { logQuantileMixture } from './peers/quantile-mixture.js';

interface Vector {
  readonly id: string;
  readonly fn: string;
  // biome-ignore lint/suspicious/noExplicitAny: each function has its own input, and the file is fixed.
  readonly input: any;
  readonly expected: unknown;
  readonly relTol: number;
}

const file = new URL('vectors/sequential.json', import.meta.url);
const { vectors }: { vectors: readonly Vector[] } = JSON.parse(readFileSync(file, 'utf8'));

const functions: Readonly<Record<string, (input: Vector['input']) => unknown>> = {
  kl: ({ p, q }) => divergence(p, q),
  project: ({ b, c, w, ...rest }) => {
    const { baseline, canary } = project({ baseline: b, canary: c, share: w }, marginOf(rest));
    return { v: baseline, u: canary };
  },
  alternatives: ({ b, side, ...rest }) => alternativesOf(side, marginOf(rest), { baseline: b, expected: b }),
  logFactor: ({ b, c, xb, nb, xc, nc, ...rest }) =>
    logFactor(blockOf([xb, nb, xc, nc]), { baseline: b, canary: c }, marginOf(rest)),
  tbe,
  dispersion,
  gauge,
  logBeta: ({ a, b }) => logBeta(a, b),
  betaBinomialLogMixture: ({ k, n, p, tOpt, alphaOpt }) =>
    logShareMixture({ count: k, total: n }, p, { requests: tOpt, alpha: alphaOpt }),
  bernoulliCS: ({ k, n, alpha, tOpt, alphaOpt }) =>
    shareInterval({ count: k, total: n }, alpha, { requests: tOpt, alpha: alphaOpt }),
  twoSampleQuantileLogE: logQuantileMixture,
  srmLogE: ({ counts: [canary, baseline], rho: [share], conc }) =>
    logSampleRatio({ canary, baseline }, share, conc),
  mannWhitney: ({ x, y }) => mannWhitney(x, y),
  combineWeightedAverage: ({ logE, weights }) => logWeightedSum(logE, weights),
  limitTotalRequests: ({ pb, pc, w, alpha, ...rest }) =>
    limitTotalRequests({ baseline: pb, canary: pc, share: w }, marginOf(rest), alpha),
  exceedanceThreshold: ({ histogram, q }) => {
    const found = exceedanceOf({ first: 0, counts: histogram }, q);
    return { index: found?.bin, b: found?.rate };
  },
};

test('there are 40 reference values', () => {
  expect(vectors).toHaveLength(40);
});

test.each(vectors)('$id agrees with 50-digit arithmetic', ({ fn, input, expected, relTol }) => {
  expectClose(functions[fn]?.(input), expected, relTol);
});

function expectClose(found: unknown, expected: unknown, tolerance: number): void {
  if (typeof expected === 'number') {
    expect(typeof found).toBe('number');
    expect(Math.abs(Number(found) - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected));
    return;
  }
  if (Array.isArray(expected)) expect(found).toHaveLength(expected.length);
  for (const [key, value] of Object.entries(expected ?? {})) {
    expectClose((found as Record<string, unknown> | undefined)?.[key], value, tolerance);
  }
}

function marginOf({ kind, par }: { readonly kind: string; readonly par: number }): Margin {
  return kind === 'abs' ? { kind: 'absolute', by: par } : { kind: 'relative', times: par };
}

function blockOf([xb = 0, nb = 0, xc = 0, nc = 0]: readonly number[]) {
  return { xb, nb, xc, nc };
}

/** What `updateErrors` does, with a rate that may be given and without what the vectors do not have. */
function tbe(input: Vector['input']): readonly number[] {
  const side: Side = input.side;
  let process = startBlockProcess(side, { countsBursts: false });
  let judged = EMPTY_BLOCK;
  let pending = EMPTY_BLOCK;
  return input.batches_xb_nb_xc_nc_tick.map((batch: readonly number[]) => {
    pending = addBlocks(pending, blockOf(batch));
    if (hasBothArms(pending)) {
      const learnt = (judged.xb + input.a0) / (judged.nb + input.a0 / input.m0);
      const baseline = input.b ?? learnt;
      process = updateBlockProcess(process, pending, {
        side,
        margin: marginOf(input),
        baseline,
        expected: input.cEqual ?? baseline,
        phi: input.phi ?? 1,
        tick: batch[4] ?? 0,
        isNewInterval: false,
      });
      judged = addBlocks(judged, pending);
      pending = EMPTY_BLOCK;
    }
    return logValueOf(process, { leave: 0 });
  });
}

/** The file gives the estimate itself, before the dead zone makes it 1. */
function dispersion(input: Vector['input']): readonly number[] {
  const history = input.history_x.map((failed: number, i: number) => ({ failed, total: input.history_n[i] }));
  let state = startDispersion(history);
  const estimates = [state.sum / state.intervals];
  for (const interval of input.intervals_xb_nb_xc_nc) {
    state = closeInterval(state, blockOf(interval));
    estimates.push(state.sum / state.intervals);
  }
  return estimates;
}

/** The file's pairs are differences beyond the margin; those of PASS are turned already. */
function gauge(input: Vector['input']): readonly number[] {
  const comparison = sameOnBothSides({ absolute: 0, relative: null });
  const isPass = input.start === 1;
  let state = startGauge(comparison);
  return input.x.map((value: number) => {
    state = updateGauge(
      state,
      { comparison, better: 'lower' },
      { canary: isPass ? -value : value, baseline: 0 },
    );
    return isPass ? gaugePass(state) : signsFail(state);
  });
}
