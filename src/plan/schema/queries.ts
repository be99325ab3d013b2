import * as z from 'zod';
import type { MetricKind, Queries } from '../plan.js';
import { text } from './fields.js';

const FORMS = {
  errors: 'a mapping, e.g. `{failed: "<query>", total: "<query>"}`',
  latency: 'a mapping, e.g. `{buckets: "<query>"}`',
  gauge: 'a query, e.g. `"<query>"`',
} as const satisfies Record<MetricKind, string>;

const query = text(FORMS.gauge);

/** What one arm is asked for, by the kind of its metric. */
export const queries = {
  errors: z
    .strictObject({ failed: query, total: query }, { error: FORMS.errors })
    .transform((asked): Queries => ({ kind: 'errors', ...asked })),
  latency: z
    .strictObject({ buckets: query }, { error: FORMS.latency })
    .transform((asked): Queries => ({ kind: 'latency', ...asked })),
  gauge: query.transform((value): Queries => ({ kind: 'gauge', value })),
} as const;
