import * as z from 'zod';
import { LIMIT_PATTERN, parseLimit } from '../evidence-values.js';
import { parseGlob } from '../globs.js';
import { NAME_PATTERN, parseName, VARIABLE_NAME_PATTERN } from '../names.js';
import { isTree } from '../path.js';
import type { EvidenceSource, ReportLimit, Script, Suite, Verification } from '../plan.js';
import { type Reading, refuse } from '../reading.js';
import { parseReportPath } from '../report-path.js';
import { DEFAULTS } from './defaults.js';
import { flag, plain, positive, reads, scriptText } from './fields.js';

const SUITE = 'a bash script or a mapping, e.g. `{run: npm test, junit: "reports/*.xml"}`';
const RETRIES = 'a whole number from 0 to 5, e.g. `1`';
const LIMITS = 'a mapping from paths to limits, e.g. `{"latency.p95": "<= 300"}`';
const LIMIT = 'a limit, e.g. `"<= 300"`';
const PATTERNS = 'a pattern or a list of them, e.g. `"reports/*.xml"`';

const pattern = plain('a pattern, e.g. `reports/*.xml`', parseGlob);

const patterns = z.union(
  [
    pattern.transform((one) => [one]),
    z.array(pattern).min(1, { error: 'a list of at least one pattern, e.g. `["reports/*.xml"]`' }),
  ],
  { error: PATTERNS },
);

/** The least severity that fails a suite; `none` fails it by nothing, and keeps what was found for later. */
const failOn = z.enum(['none', 'low', 'medium', 'high', 'critical'], {
  error: '`none`, `low`, `medium`, `high` or `critical`, e.g. `high`',
});

const limitText = plain(LIMIT, parseLimit, LIMIT_PATTERN);

const limits = z.record(
  reads(z.string(), parseReportPath),
  z.union(
    [
      limitText.transform((one) => [one]),
      z.array(limitText).min(1, { error: 'a list of limits, e.g. `["<= 300", "<= +10%"]`' }),
    ],
    { error: LIMIT },
  ),
  { error: LIMITS },
);

const env = z.record(
  reads(z.string().meta({ pattern: VARIABLE_NAME_PATTERN }), parseVariable),
  z.string({ error: 'text, e.g. `"${TEST_DATABASE_URL}"`' }),
  { error: 'a mapping from names of variables to text, e.g. `{TEST_MODE: full}`' },
);

const keys = z.strictObject(
  {
    run: scriptText,
    timeout: positive.optional(),
    retries: z.int({ error: RETRIES }).min(0, { error: RETRIES }).max(5, { error: RETRIES }).optional(),
    env: env.optional(),
    junit: patterns.optional(),
    sarif: patterns.optional(),
    'fail-on': failOn.optional(),
    'new-only': flag.optional(),
    report: pattern.optional(),
    limits: limits.optional(),
  },
  { error: SUITE },
);

type Keys = z.output<typeof keys>;
type SuiteKeys = Omit<Suite, 'name'>;

const mapping = reads(keys, requireSource).transform(
  ({ run, timeout, retries, env, ...evidence }): SuiteKeys => {
    return {
      ...scriptOf(run, timeout),
      retries: retries ?? 0,
      env: env ?? {},
      evidence: sourcesOf(evidence),
    };
  },
);

const short = scriptText.transform((run): SuiteKeys => {
  return { ...scriptOf(run), retries: 0, env: {}, evidence: [] };
});

const suite = z.union([short, mapping], { error: SUITE });

/** What stands beside the suites: no suite can have one of these names. */
const aside = {
  parallel: flag.optional(),
  feedback: z.literal('issue', { error: '`issue`, e.g. `issue`' }).optional(),
};

/** The suites by their names, and how they are run. */
export const verify = z
  .object(aside, { error: 'a mapping from names to scripts, e.g. `{functional: npm test}`' })
  .catchall(suite)
  .meta({ propertyNames: { pattern: NAME_PATTERN } })
  .superRefine(refuseNames, { when: ({ value }) => isTree(value) })
  .transform(({ parallel, feedback, ...suites }) => ({
    suites: Object.entries(suites).map(([name, fields]): Suite => ({ name, ...fields })),
    verification: { parallel: parallel ?? false, feedback: feedback ?? null } satisfies Verification,
  }));

function scriptOf(run: string, timeoutMs: number = DEFAULTS.timeout.verify): Script {
  return { run, timeoutMs };
}

function sourcesOf({
  junit,
  sarif,
  report,
  limits,
  ...rest
}: Omit<Keys, 'run' | 'timeout'>): EvidenceSource[] {
  return [
    ...(junit ? [{ kind: 'junit' as const, files: junit }] : []),
    ...(sarif
      ? [
          {
            kind: 'sarif' as const,
            files: sarif,
            failOn: rest['fail-on'] ?? DEFAULTS.failOn,
            newOnly: rest['new-only'] ?? false,
          },
        ]
      : []),
    ...(report ? [{ kind: 'report' as const, files: [report], limits: limitsOf(limits ?? {}) }] : []),
  ];
}

function limitsOf(written: NonNullable<Keys['limits']>): ReportLimit[] {
  return Object.entries(written).flatMap(([path, each]) => each.map((limit) => ({ path, ...limit })));
}

/** A key that would do nothing is refused: a limit without a report would look like a gate. */
function requireSource(written: Keys): Reading<Keys> {
  const { sarif, report, limits } = written;
  if (limits !== undefined && report === undefined)
    return refuse(
      '`limits` hold for the values of a `report`, and none is given',
      'Add `report`, or remove `limits`.',
    );
  if (report !== undefined && Object.keys(limits ?? {}).length === 0) {
    return refuse(
      'A `report` is judged by `limits`, and none are given',
      'Add for example `limits: {"latency.p95": "<= 300"}`, or remove `report`.',
    );
  }
  const stray = (['fail-on', 'new-only'] as const).find((key) => written[key] !== undefined);
  if (stray !== undefined && sarif === undefined)
    return refuse(
      `\`${stray}\` is about a \`sarif\` file, and none is given`,
      `Add \`sarif\`, or remove \`${stray}\`.`,
    );
  return { value: written };
}

function refuseNames(written: object, context: z.RefinementCtx): void {
  for (const name of Object.keys(written)) {
    const reading = parseName(name);
    if ('value' in reading) continue;
    const { rule, remedy } = reading;
    context.addIssue({ code: 'custom', path: [name], message: rule, params: { rule, remedy, found: name } });
  }
}

const RESERVED = /^(RELEASE|GITHUB|INPUT|ACTIONS|RUNNER|STATE)_/;

function parseVariable(name: string): Reading<string> {
  if (!new RegExp(VARIABLE_NAME_PATTERN).test(name)) {
    return refuse(
      'The name of an environment variable is letters, digits and `_`, and begins with no digit',
      'Write for example `TEST_MODE`.',
    );
  }
  if (!RESERVED.test(name)) return { value: name };
  return refuse(
    'Variables that begin with `RELEASE_`, `GITHUB_`, `RUNNER_`, `INPUT_`, `STATE_` or `ACTIONS_` are set by the release or the runner',
    'Choose another name.',
  );
}
