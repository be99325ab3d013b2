import * as z from 'zod';
import { parseDuration } from '../duration.js';
import { parseGaugeLimit } from '../gauge-limit.js';
import { MARGIN_PATTERN, parseWorseBy } from '../margins.js';
import type { Metric, MetricKind, Source } from '../plan.js';
import { parseQuantile, QUANTILE_PATTERN } from '../probe-values.js';
import { type Reading, refuse } from '../reading.js';
import { parseShare, SHARE_PATTERN } from '../share.js';
import { DEFAULTS } from './defaults.js';
import { named, plain, reads, refuseVariables } from './fields.js';
import { httpJson } from './sources/http-json.js';
import { probe } from './sources/probe.js';
import { prometheus } from './sources/prometheus.js';
import { run } from './sources/run.js';

const METRIC =
  'a metric, e.g. `{kind: errors, probe: {canary: "https://canary.example/", baseline: "https://shop.example/"}, worse-by: 0.5pp}`';
const COUNT = 'a whole number from 1 to 1000000, e.g. `50`';
const KINDS = '`errors`, `latency` or `gauge`, e.g. `errors`';

const marginText = z.string().meta({ pattern: MARGIN_PATTERN });
const marginNumber = z.number().meta({ minimum: 0 });

const worseBy = (what: string) => {
  const margin = z.union([marginText, marginNumber], { error: what });
  return z.union([margin, z.array(margin).min(1, { error: what })], { error: what });
};

const common = {
  importance: z
    .literal(['critical', 'normal', 'advisory'], {
      error: '`critical`, `normal` or `advisory`, e.g. `critical`',
    })
    .optional(),
  'minimum-samples': z
    .int({ error: COUNT })
    .min(1, { error: COUNT })
    .max(1_000_000, { error: COUNT })
    .optional(),
};

const errors = z.strictObject(
  {
    kind: z.literal('errors'),
    probe: probe.optional(),
    prometheus: prometheus.errors.optional(),
    'http-json': httpJson.errors.optional(),
    run: run.optional(),
    'worse-by': worseByOf('errors', '`0.5pp`, `25%` or a list of both, e.g. `0.5pp`').optional(),
    limit: reads(
      z.union(
        [z.string().meta({ pattern: SHARE_PATTERN }), z.number().meta({ minimum: 0, exclusiveMaximum: 1 })],
        { error: 'a share, e.g. `1%`' },
      ),
      (value) => refuseVariables(value) ?? parseErrorLimit(value),
    ).optional(),
    quantile: reads(z.unknown().meta({ not: {} }), refuseQuantile).optional(),
    ...common,
  },
  { error: METRIC },
);

const latency = z.strictObject(
  {
    kind: z.literal('latency'),
    probe: probe.optional(),
    prometheus: prometheus.latency.optional(),
    run: run.optional(),
    'worse-by': worseByOf('latency', 'a percentage, e.g. `10%`').optional(),
    limit: reads(
      z.union([z.string(), z.number().meta({ not: {} })], { error: 'a duration, e.g. `300ms`' }),
      (value) => refuseVariables(value) ?? parseLatencyLimit(value),
    ).optional(),
    quantile: plain('a quantile, e.g. `p95`', parseQuantile, QUANTILE_PATTERN).optional(),
    ...common,
  },
  { error: METRIC },
);

const gauge = z.strictObject(
  {
    kind: z.literal('gauge'),
    prometheus: prometheus.gauge.optional(),
    'http-json': httpJson.gauge.optional(),
    run: run.optional(),
    'worse-by': worseBy('a percentage, or a number in the unit of the gauge, e.g. `15%`').optional(),
    limit: z.union([z.string(), z.number()], { error: 'a number, e.g. `<= 5`' }).optional(),
    better: z.literal(['lower', 'higher'], { error: '`lower` or `higher`, e.g. `higher`' }).optional(),
    ...common,
  },
  { error: METRIC },
);

type Written = z.output<typeof errors> | z.output<typeof latency> | z.output<typeof gauge>;

const metric = z
  .discriminatedUnion('kind', [errors, latency, gauge], {
    error: (issue) => (issue.code === 'invalid_union' ? KINDS : METRIC),
  })
  .transform((written, context): Omit<Metric, 'name'> => {
    const refuseAt = (path: string[], refusal: { readonly rule: string; readonly remedy: string }) => {
      context.addIssue({ code: 'custom', path, message: refusal.rule, params: { ...refusal } });
      return z.NEVER;
    };
    // What could not be read is absent, and would be missed here a second time.
    if (context.issues.length > 0) return z.NEVER;
    const source = sourceOf(written);
    if (!('value' in source)) return refuseAt([], source);
    const judged = judgedBy(written);
    if ('refusal' in judged) return refuseAt(judged.path, judged.refusal);
    return {
      kind: written.kind,
      source: source.value,
      ...judged,
      quantile: written.kind === 'latency' ? (written.quantile ?? DEFAULTS.quantile) : DEFAULTS.quantile,
      importance: written.importance ?? 'normal',
      minimumSamples: written['minimum-samples'] ?? DEFAULTS.minimumSamples[written.kind],
    };
  });

export const metrics = named(metric, 'a mapping from names to metrics, e.g. `{errors: {kind: errors, …}}`');

const SOURCES = ['probe', 'prometheus', 'http-json', 'run'] as const;

function sourceOf(written: Written): Reading<Source> {
  const keys: Partial<Record<(typeof SOURCES)[number], Source | undefined>> = written;
  const given = SOURCES.flatMap((key) => (keys[key] === undefined ? [] : [{ key, source: keys[key] }]));
  const [first, second] = given;
  if (first !== undefined && second === undefined) return { value: first.source };
  const possible = SOURCES.filter((key) => key in SHAPES[written.kind]).map((key) => `\`${key}\``);
  return refuse(
    first === undefined
      ? 'A metric has a source, and this one has none'
      : `A metric has one source, and this one has ${given.map(({ key }) => `\`${key}\``).join(' and ')}`,
    first === undefined
      ? `Add one of ${possible.join(', ')}.`
      : 'Keep one of them, or make two metrics of it.',
  );
}

const SHAPES = { errors: errors.shape, latency: latency.shape, gauge: gauge.shape };

type Judged = Pick<Metric, 'worseBy' | 'limit' | 'better'>;

/** A gauge's margins and limit are read last, since they depend on what is better. */
function judgedBy(
  written: Written,
):
  | Judged
  | { readonly refusal: { readonly rule: string; readonly remedy: string }; readonly path: string[] } {
  if (written['worse-by'] === undefined && written.limit === undefined) {
    const refusal = refuse(
      'A metric without `worse-by` and without `limit` judges nothing',
      `Add ${EXAMPLES[written.kind]}.`,
    );
    return { refusal, path: [] };
  }
  if (written.kind !== 'gauge') {
    return { worseBy: written['worse-by'] ?? null, limit: written.limit ?? null, better: 'lower' };
  }
  const better = written.better ?? 'lower';
  const worse =
    written['worse-by'] === undefined
      ? { value: null }
      : parseWorseBy(written['worse-by'], { kind: 'gauge', better });
  if (!('value' in worse)) return { refusal: worse, path: ['worse-by'] };
  const limit = written.limit === undefined ? { value: null } : parseGaugeLimit(written.limit, better);
  if (!('value' in limit)) return { refusal: limit, path: ['limit'] };
  return { worseBy: worse.value, limit: limit.value, better };
}

const EXAMPLES = {
  errors: '`worse-by: 0.5pp` (against the baseline) or `limit: 1%` (judged alone)',
  latency: '`worse-by: 10%` (against the baseline) or `limit: 300ms` (judged alone)',
  gauge: '`worse-by: 15%` (against the baseline) or `limit: "<= 5"` (judged alone)',
} as const satisfies Record<MetricKind, string>;

function worseByOf(kind: 'errors' | 'latency', what: string) {
  return reads(worseBy(what), (written) => parseWorseBy(written, { kind, better: 'lower' }));
}

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
