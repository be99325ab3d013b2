import { binomial, exponential, type Random, randomOf } from '../bench/judge/random.js';
import { onBatch, onPhase, startJudge, verdict } from '../src/judge/judge.js';
import { type JudgeRules, sameOnBothSides } from '../src/judge/rules.js';
import { type TrailPoint, trailPoint } from '../src/judge/trail.js';
import type { MetricBatch } from '../src/metrics/contract.js';
import type { WeightPoint } from '../src/release/state.js';
import { evidenceChart } from '../src/report/evidence-chart.js';

const START = Date.parse('2026-03-03T21:04:00Z');
const INTERVAL_MS = 10_000;
const PER_INTERVAL = 1_200;
const STEP_MS = 10 * 60_000;
const WEIGHTS = [5, 25];
const HEALTHY = 0.004;
const BROKEN = 0.03;

const COMMON = { importance: 'normal', minimumSamples: 100, limit: null } as const;
const RULES: JudgeRules = {
  falseAlarm: 0.01,
  falsePass: 0.05,
  metrics: {
    errors: { ...COMMON, kind: 'errors', comparison: sameOnBothSides({ absolute: 0.005, relative: null }) },
    latency: {
      ...COMMON,
      kind: 'latency',
      comparison: sameOnBothSides({ absolute: null, relative: 0.1 }),
      quantile: 0.95,
    },
  },
};

/**
 * `docs/evidence.svg`: a canary that is as good as the version in service until it has a quarter of the traffic,
 * and then fails 3 % of its requests where the other fails 0.4 %. The requests are drawn by chance from a fixed seed; the
 * judge and the picture are those of a release.
 */
export function exampleEvidence(): string {
  const random = randomOf(1, 'evidence');
  let state = startJudge(RULES, {
    at: START,
    plannedMs: WEIGHTS.length * STEP_MS,
    history: { errors: lastHour(random) },
  });
  const trail: TrailPoint[] = [];
  const weights: WeightPoint[] = [];
  for (const [index, weight] of WEIGHTS.entries()) {
    const at = START + index * STEP_MS;
    weights.push({ at: new Date(at).toISOString(), weight, verified: true });
    state = onPhase(state, { at, share: weight / 100 });
    for (let to = at + INTERVAL_MS; to <= at + STEP_MS && state.failed === null; to += INTERVAL_MS) {
      state = onBatch(state, { from: to - INTERVAL_MS, to, metrics: measured(random, weight) });
      trail.push(trailPoint(to, verdict(state, { now: to, deadline: at + STEP_MS })));
    }
  }
  const picture = evidenceChart({
    started: { service: 'shop', environment: 'production', version: '1.2' },
    judgements: [{ stage: 'canary', trail }],
    weights,
  });
  if (picture === null) throw new Error('the example has no evidence');
  return picture;
}

function measured(random: Random, weight: number): Readonly<Record<string, MetricBatch>> {
  const canary = binomial(random, PER_INTERVAL, weight / 100);
  const baseline = PER_INTERVAL - canary;
  const failing = weight === WEIGHTS[0] ? HEALTHY : BROKEN;
  return {
    errors: {
      kind: 'errors',
      canary: { total: canary, failed: binomial(random, canary, failing) },
      baseline: { total: baseline, failed: binomial(random, baseline, HEALTHY) },
    },
    latency: {
      kind: 'latency',
      canary: { values: times(random, canary) },
      baseline: { values: times(random, baseline) },
    },
  };
}

/** What the version in service did, minute by minute, in the hour before. */
function lastHour(random: Random): readonly { readonly failed: number; readonly total: number }[] {
  const total = 6 * PER_INTERVAL;
  return Array.from({ length: 60 }, () => ({ failed: binomial(random, total, HEALTHY), total }));
}

/** Milliseconds, with a tail as services have it. */
function times(random: Random, count: number): readonly number[] {
  return Array.from({ length: count }, () => 40 + 30 * exponential(random));
}
