import { expect, test } from '@jest/globals';
import { limitTotalRequests } from '../../src/judge/request-limit.js';
import { leastRequests } from '../../src/plan/least-requests.js';
import type { Metric, WorseBy } from '../../src/plan/plan.js';

function metric(kind: 'errors' | 'latency', worseBy: WorseBy, quantile = 0.95): Metric {
  const source = { kind: 'run', run: { run: 'true', timeoutMs: 1 }, everyMs: 1 } as const;
  const common = { limit: null, better: 'lower', importance: 'normal', minimumSamples: 1 } as const;
  return { name: 'm', kind, source, worseBy, quantile, ...common };
}

test('the least number of requests is the limit that the judge knows, at its best', () => {
  const limit = (baseline: number, canary: number, margin: Parameters<typeof limitTotalRequests>[1]) =>
    limitTotalRequests({ baseline, canary, share: 0.5 }, margin, 0.05) / 2;
  const errors = leastRequests(metric('errors', { absolute: 0.005, relative: null }));
  expect(errors / limit(1e-9, 1e-9, { kind: 'absolute', by: 0.005 })).toBeCloseTo(1, 2);
  const ratio = leastRequests(metric('errors', { absolute: null, relative: 0.25 }));
  expect(ratio / limit(0.05, 0.05, { kind: 'relative', times: 1.25 })).toBeCloseTo(1, 2);
  const latency = leastRequests(metric('latency', { absolute: null, relative: 0.1 }, 0.99));
  expect(latency / limit(0.01, 1e-9, { kind: 'relative', times: 1 })).toBeCloseTo(1, 2);
});

test('with two margins the one that is reached first counts, and a limit alone needs none', () => {
  const both = leastRequests(metric('errors', { absolute: 0.005, relative: 0.25 }));
  expect(both).toBe(leastRequests(metric('errors', { absolute: 0.005, relative: null })));
  expect(leastRequests({ ...metric('errors', { absolute: 0.1, relative: null }), worseBy: null })).toBe(0);
});
