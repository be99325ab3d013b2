import * as z from 'zod';
import { parseDuration } from '../duration.js';
import type { Metric, ProbeSpec, ProbeTarget } from '../plan.js';
import {
  parseQuantile,
  parseRate,
  parseStatus,
  QUANTILE_PATTERN,
  RATE_PATTERN,
  STATUS_PATTERN,
} from '../probe-values.js';
import { type Reading, refuse } from '../reading.js';
import { parseShare, SHARE_PATTERN } from '../share.js';
import { DEFAULTS } from './defaults.js';
import { named, plain, positive, reads, refuseVariables, text, url } from './fields.js';

const TARGET = 'a URL or a mapping, e.g. `{url: "https://shop.example/", headers: {X-Arm: canary}}`';
const METRIC = 'a metric, e.g. `{kind: errors, probe: {canary: "https://canary.example/"}, limit: 1%}`';
const COUNT = 'a whole number from 1 to 1000000, e.g. `50`';

const headers = z.record(
  reads(z.string(), parseHeaderName),
  reads(z.string({ error: 'the text of a header, e.g. `"canary"`' }), parseHeaderValue),
  { error: 'a mapping from names of headers to text, e.g. `{X-Arm: canary}`' },
);

const target = z
  .union([url, z.strictObject({ url, headers: headers.optional() }, { error: TARGET })], { error: TARGET })
  .transform((value): ProbeTarget => {
    if (typeof value === 'string') return { url: value, headers: {} };
    return { url: value.url, headers: value.headers ?? {} };
  });

const status = reads(
  z.union([z.string().meta({ pattern: STATUS_PATTERN }), z.int().meta({ minimum: 100, maximum: 599 })], {
    error: 'a status or a range, e.g. `200-399`',
  }),
  (value) => refuseVariables(value) ?? parseStatus(value),
);

const statuses = z.union(
  [
    status.transform((range) => [range]),
    z.array(status).min(1, { error: 'a list with at least one status, e.g. `[200, 204]`' }),
  ],
  { error: 'a status, a range or a list of them, e.g. `[200, 204]`' },
);

const expectation = z.strictObject(
  { status: statuses.optional(), body: text('text that the body contains, e.g. `ok`').optional() },
  { error: 'a mapping, e.g. `{status: 200-399}`' },
);

const probe = z
  .strictObject(
    {
      canary: target,
      baseline: target.optional(),
      rate: plain('a rate in requests per second, e.g. `20/s`', parseRate, RATE_PATTERN).optional(),
      timeout: positive.optional(),
      expect: expectation.optional(),
    },
    { error: 'a probe, e.g. `{canary: "https://canary.example/", rate: 20/s}`' },
  )
  .transform(({ canary, baseline, rate, timeout, expect }): ProbeSpec => {
    return {
      canary,
      baseline: baseline ?? null,
      perSecond: rate ?? DEFAULTS.probe.perSecond,
      timeoutMs: timeout ?? DEFAULTS.probe.timeoutMs,
      expect: { status: expect?.status ?? DEFAULTS.probe.status, body: expect?.body ?? null },
    };
  });

const minimumSamples = z
  .int({ error: COUNT })
  .min(1, { error: COUNT })
  .max(1_000_000, { error: COUNT })
  .default(DEFAULTS.minimumSamples);

const errors = z.strictObject(
  {
    kind: z.literal('errors'),
    probe,
    limit: reads(
      z.union(
        [z.string().meta({ pattern: SHARE_PATTERN }), z.number().meta({ minimum: 0, exclusiveMaximum: 1 })],
        {
          error: 'a share, e.g. `1%`',
        },
      ),
      (value) => refuseVariables(value) ?? parseErrorLimit(value),
    ),
    quantile: reads(z.unknown().meta({ not: {} }), refuseQuantile).optional(),
    'minimum-samples': minimumSamples,
  },
  { error: METRIC },
);

const latency = z.strictObject(
  {
    kind: z.literal('latency'),
    probe,
    limit: reads(
      z.union([z.string(), z.number().meta({ not: {} })], { error: 'a duration, e.g. `300ms`' }),
      (value) => refuseVariables(value) ?? parseLatencyLimit(value),
    ),
    quantile: plain('a quantile, e.g. `p95`', parseQuantile, QUANTILE_PATTERN).optional(),
    'minimum-samples': minimumSamples,
  },
  { error: METRIC },
);

const metric = z
  .discriminatedUnion('kind', [errors, latency], {
    error: (issue) => (issue.code === 'invalid_union' ? '`errors` or `latency`, e.g. `errors`' : METRIC),
  })
  .transform(({ kind, probe, limit, quantile, 'minimum-samples': minimum }): Omit<Metric, 'name'> => {
    return { kind, probe, quantile: quantile ?? DEFAULTS.quantile, limit, minimumSamples: minimum };
  });

export const metrics = named(metric, 'a mapping from names to metrics, e.g. `{errors: {kind: errors, …}}`');

function refuseQuantile(): Reading<undefined> {
  return refuse(
    'A quantile belongs to a `latency` metric; `errors` is a share of all requests',
    'Remove `quantile`, or write `kind: latency`.',
  );
}

function parseErrorLimit(written: string | number): Reading<number> {
  const reading = parseShare(written);
  if ('value' in reading || !/[a-z]/i.test(String(written))) return reading;
  return refuse('The limit of an `errors` metric is a share of all requests', 'Write for example `1%`.');
}

function parseLatencyLimit(written: string | number): Reading<number> {
  const rest = String(written).replace(/^\s*<=\s*/, '');
  const reading = parseDuration(rest);
  if ('value' in reading && reading.value > 0) return reading;
  const example = Number(rest) > 0 ? `${rest}ms` : '300ms';
  return refuse(
    'The limit of a `latency` metric is a duration above zero',
    `Write for example \`${example}\`.`,
  );
}

function parseHeaderName(name: string): Reading<string> {
  if (/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return { value: name };
  return refuse('The name of a header is letters, digits and hyphens', 'Write for example `X-Arm`.');
}

function parseHeaderValue(value: string): Reading<string> {
  if (!/[\r\n\0]/.test(value)) return { value };
  return refuse('The text of a header is one line', 'Remove the line break.');
}
