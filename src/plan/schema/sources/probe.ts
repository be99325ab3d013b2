import * as z from 'zod';
import type { ProbeSpec, ProbeTarget } from '../../plan.js';
import { parseRate, parseStatus, RATE_PATTERN, STATUS_PATTERN } from '../../probe-values.js';
import { DEFAULTS } from '../defaults.js';
import { plain, positive, reads, refuseVariables, text, url } from '../fields.js';
import { headers } from '../headers.js';

const TARGET = 'a URL or a mapping, e.g. `{url: "https://shop.example/", headers: {X-Arm: canary}}`';

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

/** The built-in probe. */
export const probe = z
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
      kind: 'probe',
      canary,
      baseline: baseline ?? null,
      perSecond: rate ?? DEFAULTS.probe.perSecond,
      timeoutMs: timeout ?? DEFAULTS.probe.timeoutMs,
      expect: { status: expect?.status ?? DEFAULTS.probe.status, body: expect?.body ?? null },
    };
  });
