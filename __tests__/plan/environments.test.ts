import { expect, test } from '@jest/globals';
import { parseEvery } from '../../src/plan/every.js';
import { parsePlan } from '../../src/plan/parse.js';

const base = `service: shop
verify: {unit: npm test, load: ./load.sh}
ready: https://shop.example/
promote: {run: ./deploy.sh, timeout: 20m}
environments:
  staging:
    verify: {load: null}
    promote: {run: ./deploy.sh staging}
  production: {watch: {for: 10m}}
`;

test.each([
  [
    'staging',
    {
      verify: [{ name: 'unit' }],
      promote: { run: './deploy.sh staging', timeoutMs: 1_200_000 },
      watch: null,
    },
  ],
  [
    'production',
    {
      verify: [{ name: 'unit' }, { name: 'load' }],
      promote: { run: './deploy.sh' },
      watch: { forMs: 600_000 },
    },
  ],
])('the section of %s is laid over the plan', (environment, expected) => {
  expect(read(base, environment)).toMatchObject({ plan: { environment, ...expected } });
});

test('without `environments`, any environment has the plan as it stands', () => {
  expect(read('service: shop\npromote: x\n', 'anywhere')).toMatchObject({
    plan: { environment: 'anywhere' },
  });
});

test('the environment asked for wins over the one that the plan names', () => {
  expect(read(`${base}environment: staging\n`, null)).toMatchObject({ plan: { environment: 'staging' } });
  expect(read(`${base}environment: staging\n`, 'production')).toMatchObject({
    plan: { environment: 'production' },
  });
});

test('no environment is an error that names the known ones', () => {
  expect(read(base, null)).toMatchObject({
    problems: [{ path: 'environment', line: 1, remedy: expect.stringContaining('environment: staging') }],
  });
});

test('a problem of all environments is told once, without naming them', () => {
  expect(read(base.replace('npm test', '""'), 'production')).toMatchObject({
    problems: [{ path: 'verify.unit', line: 2, rule: 'This must not be empty' }],
  });
});

test('a problem in the section of another environment is told with its path and line there', () => {
  expect(read(base.replace('10m', 'soon'), 'staging')).toMatchObject({
    problems: [{ path: 'environments.production.watch.for', line: 9, found: 'soon' }],
  });
});

test('a problem that only the merge makes is told at the key, with the environment', () => {
  const text = base.replace('verify: {load: null}', 'ready: null\n    watch: {for: 1m}');
  expect(read(text, 'production')).toMatchObject({
    problems: [{ path: 'environments.staging.watch', line: 8, rule: 'A watch needs something to watch' }],
  });
});

test('a key that is missing is told where its mapping begins, not where a section adds to it', () => {
  const text = `service: shop
promote: x
metrics: {errors: {kind: errors, probe: {canary: "https://c.example/"}, limit: 1%}}
canary:
  steps: [{weight: 5, for: 10m}]
environments:
  production:
    canary: {warm-up: 1m}
`;
  expect(read(text, 'production')).toMatchObject({ problems: [{ path: 'canary.traffic', line: 4 }] });
});

test('inputs for one environment do not hide what is wrong in another', () => {
  const text = 'service: shop\nenvironments: {staging: {}, production: {promote: 5}}\n';
  const overrides = { promote: './deploy.sh', environment: 'staging' };
  expect(parsePlan({ text, source: 'plan.yml', overrides })).toMatchObject({
    problems: [{ path: 'environments.production.promote', line: 2, found: '5' }],
  });
});

test('with inputs that the file does not know, other environments are judged by their form alone', () => {
  const text = 'service: shop\nenvironments: {staging: {}, production: {}}\n';
  expect(read(text, 'staging')).toMatchObject({ problems: [{ path: 'promote' }] });
  const overrides = { promote: './deploy.sh', environment: 'staging' };
  expect(parsePlan({ text, source: 'plan.yml', overrides })).toMatchObject({
    plan: { environment: 'staging' },
  });
  const wrong = `${text.replace('production: {}', 'production: {watch: 5}')}`;
  expect(parsePlan({ text: wrong, source: 'plan.yml', overrides })).toMatchObject({
    problems: [{ path: 'environments.production.watch' }],
  });
});

function read(text: string, environment: string | null) {
  return parsePlan({ text, source: 'plan.yml', environment });
}

test('more than fifty environments are refused before they are read with one another', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `  e${index}: {}`);
  const text = `service: shop\npromote: x\nenvironments:\n${names.join('\n')}\n`;
  expect(parseEvery({ text, source: 'plan.yml', defaultService: 'shop' })).toEqual({
    problems: [
      expect.objectContaining({
        path: 'environments',
        rule: 'A plan has at most 50 environments',
        found: '1000 of them',
      }),
    ],
  });
});
