import * as z from 'zod';

/** The forms of what the judge says, as they stand in the events. */

export const verdict = z.enum(['passed', 'failed', 'inconclusive', 'errored']);

const maybe = z.nullable(z.number());
const interval = z.object({ low: maybe, high: maybe });
const logEvidence = z.object({ logE: maybe, logLimit: maybe });
const worseBy = z.object({ absolute: maybe, relative: maybe });
const arm = z.object({ samples: z.number(), failed: maybe, value: maybe, interval: z.nullable(interval) });
const kind = z.enum(['errors', 'latency', 'gauge']);
const importance = z.enum(['critical', 'normal', 'advisory']);
const lack = z.enum([
  'broken',
  'missing',
  'no-samples',
  'few-samples',
  'suspicion',
  'not-shown',
  'above-limit',
  'limit-between-edges',
  'limit-not-shown',
]);

const evidence = z.object({
  kind,
  importance,
  says: z.enum(['fail', 'pass', 'continue']),
  lack: z.nullable(lack),
  lacks: z.nullable(z.string()),
  canary: arm,
  baseline: arm,
  effect: z.object({
    scale: z.enum(['difference', 'ratio']),
    value: maybe,
    interval,
    margins: z.nullable(z.object({ failAbove: worseBy, passBelow: worseBy })),
    effectiveMargin: maybe,
  }),
  weight: z.number(),
  fail: logEvidence,
  pass: logEvidence,
  limit: z.nullable(
    z.object({ value: z.number(), broken: z.boolean(), kept: z.boolean(), fail: z.nullable(logEvidence) }),
  ),
  phi: z.number(),
  twoIntervals: z.boolean(),
  coverage: z.object({
    measuredMs: z.number(),
    missingMs: z.number(),
    canaryMissingMs: z.number(),
    until: maybe,
    problem: z.nullable(z.string()),
  }),
  needed: z.nullable(z.object({ verdict: z.enum(['fail', 'pass']), requests: z.number() })),
});

export const metricVerdict = z.object({
  metric: z.string(),
  kind,
  importance,
  quantile: maybe,
  verdict,
  reason: z.string(),
  samples: z.number(),
  value: maybe,
  limit: maybe,
  baseline: maybe,
  evidence,
});

/**
 * How the evidence grew, for the picture: each value is a part of what decides, so that 1 is enough. `worse` is that
 * of the comparisons together, or of the limit that is nearest to be broken; `good` that of each comparison.
 */
export const trailPoint = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  worse: maybe,
  good: z.record(z.string(), maybe),
});

export const judgement = {
  verdict,
  /** The judge's own sentence. */
  reason: z.string(),
  /** The e-value of all comparisons together and where it fails, in nats; null is minus infinity, or no comparison. */
  combined: logEvidence,
  metrics: z.array(metricVerdict),
  trail: z.array(trailPoint),
} as const;

export type TrailPoint = z.infer<typeof trailPoint>;
