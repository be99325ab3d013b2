import * as z from 'zod';
import type { PrometheusSource, Queries } from '../../plan.js';
import { type Reading, refuse } from '../../reading.js';
import { DEFAULTS } from '../defaults.js';
import { duration, plain, positive, url } from '../fields.js';
import { filePath } from '../file-path.js';
import { headers } from '../headers.js';
import { queries } from '../queries.js';

const keys = {
  url,
  path: plain('the path of the API, e.g. `/api/v1`', parseApiPath).optional(),
  headers: headers.optional(),
  tenant: plain('the name of a tenant, e.g. `shop`', parseTenant).optional(),
  'ca-file': filePath.optional(),
  every: positive.optional(),
  delay: duration.optional(),
  timeout: positive.optional(),
};

/** Instant and range queries of Prometheus and what speaks like it, by the kind of the metric. */
export const prometheus = {
  errors: z
    .strictObject(
      { ...keys, canary: queries.errors, baseline: queries.errors.optional() },
      { error: exampleOf('{failed: "…", total: "…"}') },
    )
    .transform((written) => sourceOf(written)),
  latency: z
    .strictObject(
      {
        ...keys,
        unit: z.literal(['s', 'ms'], { error: 'the unit of the buckets, `s` or `ms`, e.g. `s`' }).optional(),
        canary: queries.latency,
        baseline: queries.latency.optional(),
      },
      { error: exampleOf('{buckets: "…"}') },
    )
    .transform(({ unit, ...written }) => ({ ...sourceOf(written), unit: unit ?? 's' })),
  gauge: z
    .strictObject(
      { ...keys, canary: queries.gauge, baseline: queries.gauge.optional() },
      { error: exampleOf('"…"') },
    )
    .transform((written) => sourceOf(written)),
} as const;

interface Written {
  readonly url: string;
  readonly path?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tenant?: string | undefined;
  readonly 'ca-file'?: string | undefined;
  readonly every?: number | undefined;
  readonly delay?: number | undefined;
  readonly timeout?: number | undefined;
  readonly canary: Queries;
  readonly baseline?: Queries | undefined;
}

function sourceOf(written: Written): PrometheusSource {
  return {
    kind: 'prometheus',
    url: written.url,
    path: written.path ?? DEFAULTS.prometheus.path,
    headers: written.headers ?? {},
    tenant: written.tenant ?? null,
    caFile: written['ca-file'] ?? null,
    everyMs: written.every ?? DEFAULTS.prometheus.everyMs,
    delayMs: written.delay ?? DEFAULTS.prometheus.delayMs,
    timeoutMs: written.timeout ?? DEFAULTS.prometheus.timeoutMs,
    unit: 's',
    canary: written.canary,
    baseline: written.baseline ?? null,
  };
}

function exampleOf(arm: string): string {
  return `a mapping, e.g. \`{url: "https://prometheus.example", canary: ${arm}}\``;
}

function parseApiPath(path: string): Reading<string> {
  if (/^(\/[\w.~-]+)+$/.test(path)) return { value: path };
  return refuse(
    'The path of the API begins with `/` and does not end with one',
    'Write for example `/api/v1`.',
  );
}

function parseTenant(name: string): Reading<string> {
  if (/^[\x21-\x7e]{1,150}$/.test(name)) return { value: name };
  return refuse('The name of a tenant is one word', 'Write it as it stands in `X-Scope-OrgID`.');
}
