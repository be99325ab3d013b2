import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { digestPlan } from '../../src/plan/digest.js';
import { formatDuration } from '../../src/plan/duration.js';
import { parsePlan, planFromInputs } from '../../src/plan/parse.js';
import type { Plan } from '../../src/plan/plan.js';
import type { PlanInputs } from '../../src/plan/plan-inputs.js';
import type { Problem } from '../../src/plan/problem.js';

const given = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const script = fc.constantFrom(
  './x.sh',
  './deploy.sh "$RELEASE_TARGET_VERSION"',
  'a\nb: c # d',
  'echo "${HOME}"',
);
const url = fc.constantFrom('https://shop.example/health', '${SHOP_URL}/health');
const minutes = fc.integer({ min: 1, max: 30 }).map((count) => count * 60_000);

const inputs: fc.Arbitrary<PlanInputs> = fc
  .record({
    service: fc.constant('shop'),
    environment: fc.constantFrom('production', 'staging'),
    verify: given(script),
    backup: given(script),
    canary: given(script),
    traffic: script,
    promote: script,
    rollback: given(script),
    inService: given(script),
    ready: given(url),
    canaryUrl: url,
    baselineUrl: given(url),
    watchMs: given(minutes),
    steps: fc.option(
      fc
        .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 })
        .chain((weights) => fc.tuple(fc.constant(weights.sort((a, b) => a - b)), minutes))
        .map(([weights, forMs]) => weights.map((weight) => ({ weight, forMs }))),
      { nil: null },
    ),
  })
  // The canary is retired in all of these: a watch without a baseline has only `ready` to look at.
  .filter(({ watchMs, ready, baselineUrl }) => watchMs === null || ready !== null || baselineUrl !== null);

test('script inputs and the file that says the same are the same plan, and have the same digest', () => {
  fc.assert(
    fc.property(inputs, (asked) => {
      const fromInputs = planOf(planFromInputs(asked));
      const fromFile = planOf(parsePlan({ text: fileOf(asked), source: 'plan.yml' }));
      expect({ ...fromInputs, source: 'plan.yml' }).toEqual(fromFile);
      expect(digestPlan(fromInputs)).toBe(digestPlan(fromFile));
    }),
  );
});

test('inputs laid over a file that says the same change nothing', () => {
  fc.assert(
    fc.property(inputs, (asked) => {
      const text = fileOf(asked);
      const alone = parsePlan({ text, source: 'plan.yml' });
      expect(parsePlan({ text, source: 'plan.yml', overrides: asked })).toEqual(alone);
    }),
  );
});

describe('an input wins over the key of the same meaning', () => {
  const file = `
service: shop
environment: staging
verify: {functional: npm test}
backup:
  store: {directory: /b, same-machine: true}
  sources: {settings: {files: [a]}}
in-service: {url: "https://shop.example/version"}
ready: {url: "https://shop.example/health", within: 5m}
metrics:
  errors: {kind: errors, probe: {canary: "https://a.example/"}, limit: 5%}
  latency: {kind: latency, probe: {canary: "https://a.example/"}, limit: 300ms}
canary:
  run: ./canary.sh
  traffic: {run: {run: ./route.sh, timeout: 1m}, read: ./show.sh}
  steps: [{weight: 5, for: 10m}]
promote: {run: ./deploy.sh, timeout: 20m}
watch: {for: 10m}
rollback: {run: ./back.sh, timeout: 3m, commit: none}
`;
  const table: [string, Partial<PlanInputs>, object][] = [
    ['environment', { environment: 'production' }, { environment: 'production' }],
    ['service', { service: 'cart' }, { service: 'cart' }],
    ['verify', { verify: './v.sh' }, { verify: [{ name: 'verify', run: './v.sh', timeoutMs: 1_800_000 }] }],
    ['backup', { backup: './b.sh' }, { backup: { kind: 'script', run: './b.sh', timeoutMs: 900_000 } }],
    ['promote', { promote: './p.sh' }, { promote: { run: './p.sh', timeoutMs: 1_200_000 } }],
    [
      'rollback',
      { rollback: './r.sh' },
      { rollback: { run: { run: './r.sh', timeoutMs: 180_000 }, commit: 'none' } },
    ],
    ['in-service', { inService: './i.sh' }, { inService: { kind: 'run', run: './i.sh', timeoutMs: 60_000 } }],
    ['ready', { ready: 'https://b.example/' }, { ready: { url: 'https://b.example/', withinMs: 300_000 } }],
    ['watch', { watchMs: 60_000 }, { watch: { forMs: 60_000 } }],
    ['canary', { canary: './c.sh' }, { canary: { run: { run: './c.sh' }, steps: [{ weight: 5 }] } }],
    [
      'traffic',
      { traffic: './t.sh' },
      { canary: { traffic: { run: { run: './t.sh', timeoutMs: 60_000 }, read: { run: './show.sh' } } } },
    ],
    [
      'steps',
      { steps: [{ weight: 9, forMs: 60_000 }] },
      { canary: { steps: [{ weight: 9, forMs: 60_000 }] } },
    ],
    [
      'canary-url',
      { canaryUrl: 'https://c.example/' },
      {
        metrics: [
          {
            name: 'errors',
            limit: 0.01,
            worseBy: null,
            source: { canary: { url: 'https://c.example/' }, baseline: null },
          },
          { name: 'latency' },
        ],
      },
    ],
    [
      'baseline-url',
      { canaryUrl: 'https://c.example/', baselineUrl: 'https://b.example/' },
      {
        metrics: [
          {
            name: 'errors',
            limit: 0.01,
            worseBy: { absolute: 0.005, relative: null },
            source: { baseline: { url: 'https://b.example/' } },
          },
          { name: 'latency', quantile: 0.95, limit: null, worseBy: { absolute: null, relative: 0.1 } },
        ],
      },
    ],
  ];
  test.each(table)('%s', (_, overrides, expected) => {
    const alone = planOf(parsePlan({ text: file, source: 'plan.yml' }));
    const plan = planOf(parsePlan({ text: file, source: 'plan.yml', overrides }));
    expect(plan).toMatchObject(expected);
    const changed = Object.entries(plan).filter(
      ([key, value]) =>
        JSON.stringify(value) !== JSON.stringify(Object.entries(alone).find(([name]) => name === key)?.[1]),
    );
    expect(changed.map(([key]) => key)).toEqual(Object.keys(expected));
  });

  test('and inputs that are not given change nothing', () => {
    const none = { verify: null, promote: null, steps: null, watchMs: null };
    const alone = parsePlan({ text: file, source: 'plan.yml' });
    expect(parsePlan({ text: file, source: 'plan.yml', overrides: none })).toEqual(alone);
  });
});

describe('a problem with an input', () => {
  test('is told by the name of the input, without a line', () => {
    const outcome = planFromInputs(
      { environment: 'Production', promote: 'x', ready: 'nope', canaryUrl: 'ftp://x' },
      { defaultService: 'shop' },
    );
    expect(problemsOf(outcome).map(({ path, line, found }) => ({ path, line, found }))).toEqual([
      { path: 'input environment', found: 'Production' },
      { path: 'input ready', found: 'nope' },
      { path: 'input canary-url', found: 'ftp://x' },
    ]);
  });

  test('is told of the file, when the input only replaced the script beside it', () => {
    const text = 'service: shop\npromote: ./p.sh\nrollback: {run: ./r.sh, commit: psuh}\n';
    const outcome = parsePlan({
      text,
      source: 'plan.yml',
      environment: 'production',
      overrides: { rollback: './x.sh' },
    });
    expect(problemsOf(outcome)).toMatchObject([{ path: 'rollback.commit', line: 3, found: 'psuh' }]);
  });

  test('names the missing input when there is no file', () => {
    expect(problemsOf(planFromInputs({ traffic: './t.sh' })).map(({ path }) => path)).toEqual([
      'input environment',
      'input service',
      'input promote',
      'input steps',
    ]);
  });
});

test('traffic by inputs rises in the usual steps, when neither inputs nor plan say them', () => {
  const asked = {
    environment: 'production',
    promote: 'x',
    canary: 'c',
    traffic: 't',
    canaryUrl: 'https://c.example/',
  };
  const { canary } = planOf(planFromInputs(asked, { defaultService: 'shop' }));
  expect(canary?.steps.map(({ weight, forMs }) => [weight, forMs])).toEqual([
    [5, 600_000],
    [25, 600_000],
    [50, 600_000],
  ]);
});

test('the default service is made fit for a name', () => {
  const asked = { environment: 'production', promote: 'x' };
  expect(planOf(planFromInputs(asked, { defaultService: 'My.Shop' })).service).toBe('my.shop');
  expect(problemsOf(planFromInputs(asked, { defaultService: '' }))).toMatchObject([
    { path: 'input service' },
  ]);
});

/** What the documentation says that the inputs stand for, written by hand. */
function fileOf(asked: PlanInputs): string {
  const usual = [5, 25, 50].map((weight) => ({ weight, for: '10m' }));
  const keys = {
    service: asked.service,
    environment: asked.environment,
    verify: asked.verify === null ? null : { verify: asked.verify },
    backup: asked.backup,
    canary: {
      ...(asked.canary === null ? {} : { run: asked.canary }),
      traffic: { run: asked.traffic },
      steps: asked.steps?.map(({ weight, forMs }) => ({ weight, for: formatDuration(forMs) })) ?? usual,
    },
    promote: { run: asked.promote },
    rollback: asked.rollback,
    'in-service': asked.inService,
    ready: asked.ready,
    metrics: metricsOf(asked),
    watch: asked.watchMs === null ? null : { for: formatDuration(asked.watchMs) },
  };
  return stringify(Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== null)));
}

function metricsOf({ canaryUrl, baselineUrl }: PlanInputs): object {
  const alone = { canary: canaryUrl, rate: '20/s', expect: { status: '200-399' } };
  const probe = baselineUrl === null ? alone : { ...alone, baseline: baselineUrl };
  const errors = { kind: 'errors', probe, limit: '1%' };
  if (baselineUrl === null) return { errors };
  return {
    errors: { ...errors, 'worse-by': '0.5pp' },
    latency: { kind: 'latency', probe, quantile: 'p95', 'worse-by': '10%' },
  };
}

function planOf(outcome: ReturnType<typeof parsePlan>): Plan {
  if ('plan' in outcome) return outcome.plan;
  throw new Error(JSON.stringify(outcome.problems));
}

function problemsOf(outcome: ReturnType<typeof parsePlan>): readonly Problem[] {
  return 'problems' in outcome ? outcome.problems : [];
}
