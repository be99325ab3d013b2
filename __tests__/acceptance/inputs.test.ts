import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { DISPATCH, expectBlocked, expectDecision, shortPlan } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { type ReleaseOptions, SCRIPTS, type Scenario, startScenario } from './scenario.js';

const PLAN = '.github/gated-release.yml';
const NOTHING_MOVED = { calls: [], requests: 0, ledger: null };

describe('before GitHub is asked anything', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ ...INSIDE, plan: null });
  });
  afterEach(async () => {
    const { service, github } = scenario;
    const ledger = await scenario.ledger('current.json');
    expect({ calls: service.calls(), requests: github.requests.length, ledger }).toEqual(NOTHING_MOVED);
  });
  afterAll(() => scenario?.stop());

  async function releaseBy(plan: string, options: ReleaseOptions = {}) {
    return scenario.release({ sha: await scenario.commit({ [PLAN]: plan }), ...options });
  }

  test('without a plan and without `promote`, both ways out are named', async () => {
    const done = await scenario.release({ sha: await scenario.head() });
    expectBlocked(scenario, done, {
      reason: 'plan-missing',
      says: [`here is no file ${PLAN}`, 'Add the plan file to the repository', 'give `promote`'],
    });
    expect(done.result).toMatchObject({ release_id: null, stages: expect.anything() });
    expect(done.outputs).toMatchObject({ 'release-id': '', 'rollback-commit': '', ledger: '' });
  });

  test('a plan that is no YAML is told with its line', async () => {
    const done = await releaseBy('service: shop\npromote: ./deploy.sh\npaths: ["a", "b"\nready: {}\n');
    expectBlocked(scenario, done, { reason: 'plan-invalid', says: [`${PLAN}: 1 problem`, 'line 4'] });
  });

  test('all that is wrong with a plan is told at once, each with line, path and remedy', async () => {
    const done = await releaseBy(
      [
        'service: shop',
        'environment: production',
        'verfy: {unit: npm test}',
        'promote: {run: ./deploy.sh, timeout: 10}',
        'canary: {steps: [{weight: 5, for: 10m}]}',
        'watch: {for: 10 minutes}',
      ].join('\n'),
    );
    expectBlocked(scenario, done, {
      reason: 'plan-invalid',
      says: [
        /line 3, verfy: .*Did you mean `verify`\?/,
        /line 4, promote\.timeout: .*Write `10s`/,
        /line 5, canary\.traffic: .*Add `traffic:/,
        /line 6, watch\.for: .*found: 10 minutes/,
      ],
    });
  });

  test('a plan whose step is too short for its metric is refused before it begins', async () => {
    const probe = { canary: 'http://127.0.0.1:9/', rate: '2/s' };
    const done = await releaseBy(
      shortPlan({
        metrics: { errors: { kind: 'errors', probe, limit: '1%' } },
        canary: { traffic: { run: 'true' }, steps: [{ weight: 5, for: '10s' }] },
      }),
    );
    expectBlocked(scenario, done, {
      reason: 'plan-invalid',
      says: ['about 18 requests count', 'raise the metric'],
    });
  });

  test('all wrong inputs are told at once, by name', async () => {
    const done = await scenario.release({
      sha: await scenario.head(),
      with: {
        command: 'relase',
        'dry-run': 'yes',
        steps: '5',
        watch: 'soon',
        sha: 'main',
        override: 'everything',
      },
    });
    expectBlocked(scenario, done, {
      reason: 'input-invalid',
      says: [
        /input command: .*found: relase.*Write one of: release/,
        /input dry-run: This is .true. or .false. \(found: yes\)/,
        /input steps: .*weight:time.*Write for example `5:10m, 25:10m`/,
        /input watch: .*found: soon/,
        /input sha: .*hexadecimal/,
        /input override: .*everything/,
      ],
    });
  });

  test('an empty token is no token', async () => {
    const done = await releaseBy(shortPlan(), { with: { token: '' } });
    expectBlocked(scenario, done, { reason: 'token-missing', says: ['`token`', 'at its default'] });
  });

  test('an environment is needed, in the plan or as an input', async () => {
    const done = await releaseBy(shortPlan({ environment: null }));
    expectBlocked(scenario, done, {
      reason: 'plan-invalid',
      says: ['environment: A release goes to an environment', 'Give the input `environment`'],
    });
  });

  test('only a person overrides a gate, and only with a reason', async () => {
    const pushed = await releaseBy(shortPlan(), { with: { override: 'ledger', reason: 'I know' } });
    expectBlocked(scenario, pushed, {
      reason: 'input-invalid',
      says: ['only a person may override a gate', 'by push'],
    });
    const silent = await releaseBy(shortPlan(), { ...DISPATCH, with: { override: 'ledger' } });
    expectBlocked(scenario, silent, { reason: 'input-invalid', says: ['ledger needs a `reason`'] });
  });

  test('a working-directory must be there, and inside the workspace', async () => {
    const away = await releaseBy(shortPlan(), { with: { 'working-directory': 'shop' } });
    expectBlocked(scenario, away, { reason: 'input-invalid', says: ['working-directory', 'shop'] });
    const outside = await releaseBy(shortPlan(), { with: { 'working-directory': '..' } });
    expectBlocked(scenario, outside, { reason: 'input-invalid', says: ['working-directory', 'workspace'] });
  });
});

describe('plan and inputs together', () => {
  test.concurrent(
    'a variable that the plan names and nobody set blocks, by name',
    play(
      {
        ...INSIDE,
        plan: shortPlan({
          ready: { url: '${SHOP_URL}/ready' },
          notify: [{ webhook: '${CHAT_URL}', events: ['blocked'] }],
        }),
      },
      async (scenario) => {
        const done = await scenario.release({ version: '1.1', env: { CHAT_URL: '' } });
        expectBlocked(scenario, done, {
          reason: 'variable-missing',
          says: ['SHOP_URL', 'CHAT_URL', 'Set the variable in the `env` of the step'],
        });
        expect(await scenario.ledger('current.json')).toBe(null);
      },
    ),
  );

  test.concurrent(
    'one script is enough: adopted, promoted, read back, watched',
    play({ ...INSIDE, plan: null }, async (scenario) => {
      const done = await scenario.release({
        with: {
          environment: 'production',
          promote: SCRIPTS.promote,
          'in-service': SCRIPTS.inService,
          ready: `${scenario.service.url}/stable/ready`,
          watch: '1s',
        },
      });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      const version = done.sha.slice(0, 7);
      expect(done.outputs).toMatchObject({
        version,
        'previous-version': '1.0',
        'in-service-version': version,
        sha: done.sha,
      });
      expect(scenario.service.calls()).toEqual([`promote ${version}`]);
      expect(await scenario.current()).toMatchObject({ service: 'shop', last_promoted: { version } });
    }),
  );

  test.concurrent(
    'an input wins over the plan, and scripts run in the working-directory',
    play(
      {
        ...INSIDE,
        plan: shortPlan({ environment: 'staging', promote: { run: 'exit 9' } }),
        files: { 'shop/name.txt': 'from the shop' },
      },
      async (scenario) => {
        const done = await scenario.release({
          version: '1.1',
          with: {
            environment: 'production',
            promote: `${SCRIPTS.promote}; cat name.txt`,
            'working-directory': 'shop',
          },
        });
        expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
        expect(done.result).toMatchObject({ environment: 'production' });
        expect(done.log).toContain('from the shop');
        expect(scenario.service.stable()).toBe('1.1');
      },
    ),
  );
});
