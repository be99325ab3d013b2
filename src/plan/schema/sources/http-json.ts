import * as z from 'zod';
import type { HttpJsonSource, Queries } from '../../plan.js';
import { type Reading, refuse } from '../../reading.js';
import { DEFAULTS } from '../defaults.js';
import { duration, positive, reads, text, url } from '../fields.js';
import { filePath } from '../file-path.js';
import { headers } from '../headers.js';
import { queries } from '../queries.js';

const MAPPING = 'a mapping, e.g. `{url: "https://logs.example/count?q={{query}}", path: count, canary: "…"}`';
const ACCOUNT = 'the number of the account, e.g. `1234567`';

const keys = {
  preset: z
    .literal(['datadog', 'newrelic', 'graphite'], {
      error: '`datadog`, `newrelic` or `graphite`, e.g. `datadog`',
    })
    .optional(),
  url,
  method: z.literal(['GET', 'POST'], { error: '`GET` or `POST`, e.g. `POST`' }).optional(),
  headers: headers.optional(),
  body: z.string({ error: 'text, e.g. `{"query": "{{query}}"}`' }).optional(),
  path: text('a path into the answer, e.g. `data.0.value`').optional(),
  account: z.int({ error: ACCOUNT }).min(1, { error: ACCOUNT }).optional(),
  'ca-file': filePath.optional(),
  every: positive.optional(),
  delay: duration.optional(),
  timeout: positive.optional(),
};

/** Numbers from JSON answers. A ready-made percentile is a gauge: nobody can tell how many requests it stands for. */
export const httpJson = {
  errors: reads(
    z.strictObject(
      { ...keys, canary: queries.errors.optional(), baseline: queries.errors.optional() },
      { error: MAPPING },
    ),
    sourceOf,
  ),
  gauge: reads(
    z.strictObject(
      { ...keys, canary: queries.gauge.optional(), baseline: queries.gauge.optional() },
      { error: MAPPING },
    ),
    sourceOf,
  ),
} as const;

interface Written {
  readonly preset?: 'datadog' | 'newrelic' | 'graphite' | undefined;
  readonly url: string;
  readonly method?: 'GET' | 'POST' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  readonly path?: string | undefined;
  readonly 'ca-file'?: string | undefined;
  readonly account?: number | undefined;
  readonly every?: number | undefined;
  readonly delay?: number | undefined;
  readonly timeout?: number | undefined;
  readonly canary?: Queries | undefined;
  readonly baseline?: Queries | undefined;
}

function sourceOf(written: Written): Reading<HttpJsonSource> {
  const { preset, url, body, path, canary, baseline } = written;
  const asks = preset !== undefined || [url, body, path].some((template) => template?.includes('{{query}}'));
  if (preset !== undefined && (body ?? path ?? written.method) !== undefined) {
    return refuse(
      `The preset \`${preset}\` has its own method, body and path`,
      'Remove `method`, `body` and `path`, or remove `preset`.',
    );
  }
  if ((preset === 'newrelic') !== (written.account !== undefined)) {
    return refuse(
      '`account` is the number of an account with New Relic, which each of its queries needs',
      preset === 'newrelic' ? 'Add it, for example `account: 1234567`.' : 'Remove `account`.',
    );
  }
  if (asks && canary === undefined) {
    return refuse(
      'It is not said what is asked of the canary',
      'Add `canary` with what stands for `{{query}}`.',
    );
  }
  if (!asks && (canary ?? baseline) !== undefined) {
    return refuse(
      'What `canary` and `baseline` ask is used nowhere',
      'Write `{{query}}` into `url`, `body` or `path` where it belongs.',
    );
  }
  const defaults = preset === undefined ? DEFAULTS.httpJson : DEFAULTS.preset;
  return {
    value: {
      kind: 'http-json',
      preset: preset ?? null,
      url,
      method: written.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: written.headers ?? {},
      body: body ?? null,
      path: path ?? null,
      caFile: written['ca-file'] ?? null,
      account: written.account ?? null,
      everyMs: written.every ?? defaults.everyMs,
      delayMs: written.delay ?? defaults.delayMs,
      timeoutMs: written.timeout ?? DEFAULTS.httpJson.timeoutMs,
      canary: canary ?? null,
      baseline: baseline ?? null,
    },
  };
}
