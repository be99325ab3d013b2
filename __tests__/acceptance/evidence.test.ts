import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checksOf, expectBlocked, expectDecision, shortPlan } from './claims.js';
import { checkText, releaseOf } from './expect-end.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import type { Released, Scenario } from './scenario.js';

const PASSED = '<testcase classname="cart" name="adds up" file="src/cart.js"/>';
const FAILED =
  '<testcase classname="cart" name="total" file="src/cart.js"><failure message="expected 12, got 10">at total (src/cart.js:7:3)</failure></testcase>';
const junit = (...cases: readonly string[]) => `<testsuite name="unit">${cases.join('')}</testsuite>`;
const sarif = (...rules: readonly string[]) =>
  JSON.stringify({
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Scanner' } },
        results: rules.map((ruleId) => ({
          ruleId,
          level: 'error',
          message: { text: `${ruleId} is bad` },
          locations: [
            { physicalLocation: { artifactLocation: { uri: 'src/cart.js' }, region: { startLine: 3 } } },
          ],
        })),
      },
    ],
  });

function annotations({ github }: Scenario, { sha }: Released): readonly string[] {
  const run = github.checkRuns(sha).findLast(({ name }) => name === 'shop/production/verify');
  return (run?.annotations ?? []).map(
    ({ path, start_line, annotation_level, title, message }) =>
      `${annotation_level} ${path}:${start_line} ${title}: ${message}`,
  );
}

test.concurrent(
  'failed tests are shown at their lines and told to the owners of the code, until a release passes; if only when it is run again, it is called flaky',
  play(
    {
      ...INSIDE,
      plan: shortPlan({
        verify: {
          feedback: 'issue',
          unit: {
            // Each run stands on its own report: the first two fail in any case.
            run: 'n=$(cat n || echo 0); echo $((n + 1)) > n; echo "$MODE"; mkdir -p reports; [ "$n" = 2 ] || { cp tests/1.1.xml reports/r.xml; exit 3; }; cp "tests/$RELEASE_VERSION.xml" reports/r.xml',
            junit: 'reports/*.xml',
            retries: 2,
            env: { MODE: 'mode ${MODE_OF_TEST}' },
          },
        },
      }),
      files: {
        'src/cart.js': '// the cart\n',
        'tests/1.1.xml': junit(PASSED, FAILED),
        'tests/1.2.xml': junit(PASSED, PASSED),
        CODEOWNERS: '* @acme/all\n/src/ @alice\n',
      },
    },
    async (scenario) => {
      const env = { MODE_OF_TEST: 'full' };
      const bad = await scenario.release({ version: '1.1', env });
      expectBlocked(scenario, bad, {
        reason: 'tests-failed',
        says: [
          'the suite `unit` does not pass: 2 tests, 1 failed; its script succeeded after',
          'Mend the tests that the check names',
        ],
      });
      expect(annotations(scenario, bad)).toEqual(['failure src/cart.js:7 cart › total: expected 12, got 10']);
      expect(checkText(scenario, bad.sha, 'verify')).toContain(
        '| `unit` | **Failed** | 3 | 2, **1 failed** |',
      );
      const [issue] = scenario.github.issues();
      expect(issue?.title).toBe('shop in production: verification does not pass');
      expect(issue?.body).toContain(
        `[src/cart.js:7](${scenario.github.serverUrl}/acme/shop/blob/${bad.sha}/src/cart.js#L7)`,
      );
      expect(issue?.body).toContain('cc @alice\n');

      const good = await scenario.release({ version: '1.2', env });
      expectDecision(scenario, good, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(scenario.github.issues().map(({ state }) => state)).toEqual(['closed']);
      expect(good.result).toMatchObject({
        suites: [{ name: 'unit', verdict: 'passed', attempts: 3, tests: { tests: 2, failures: 0 } }],
      });
      expect(good.log).toContain('verify unit exited with code 3 after');
      expect(good.log).toContain('It is run again (3 of 3)');
      expect(good.log).toContain('mode full');
      const events = await scenario.events(await releaseOf(scenario, good.sha));
      expect(events.filter(({ type }) => type === 'verified')).toMatchObject([
        { suite: 'unit', verdict: 'passed', attempts: 3, tests: { tests: 2, failures: 0 }, findings: [] },
      ]);
      expect(checkText(scenario, good.sha, 'verify')).toContain(
        'passed only when it was run for the third time',
      );
      expect(checksOf(scenario, good.sha)).toMatchObject({ verify: 'success' });
    },
  ),
);

const SUITES = {
  parallel: true,
  // Neither can go on without the other.
  speed: {
    run: 'touch speed; until [ -e scan ]; do sleep 0.02; done; cp "speed/$RELEASE_VERSION.json" bench.json; echo measured',
    report: 'bench.json',
    limits: { 'latency.p95': ['<= 300', '<= +10%'] },
    timeout: '30s',
  },
};
const scan = (failOn: string) => ({
  run: 'touch scan; until [ -e speed ]; do sleep 0.02; done; cp "scan/$RELEASE_VERSION.sarif" s.sarif; echo scanned',
  sarif: 's.sarif',
  'fail-on': failOn,
  'new-only': true,
  timeout: '30s',
});
const measured = (p95: number) => JSON.stringify({ latency: { p95 } });

test.concurrent(
  'findings and measurements are held against the last promoted release, and suites run side by side',
  play(
    {
      ...INSIDE,
      plan: shortPlan({ verify: { ...SUITES, scan: scan('none') } }),
      files: {
        'src/cart.js': '// the cart\n',
        'speed/1.1.json': measured(100),
        'speed/1.2.json': measured(120),
        'speed/1.3.json': measured(110),
        'scan/1.1.sarif': sarif('eval'),
        'scan/1.2.sarif': sarif('eval', 'exec'),
        'scan/1.3.sarif': sarif('eval'),
      },
    },
    async (scenario) => {
      const first = await scenario.release({ version: '1.1' });
      expectDecision(scenario, first, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(checkText(scenario, first.sha, 'verify')).toContain('the first value that is recorded');
      expect(first.log).toMatch(/^.*speed \| measured$/m);
      expect(first.log).toMatch(/^.*scan \| scanned$/m);

      const plan = shortPlan({ verify: { ...SUITES, scan: scan('high') } });
      await scenario.commit({ '.github/gated-release.yml': plan });
      const second = await scenario.release({ version: '1.2' });
      expectDecision(scenario, second, {
        decision: 'blocked',
        reason: 'limit-exceeded',
        says: [
          '2 suites did not pass',
          '`latency.p95` is 120, limit `<= +10%` against 100 of 1.1, which is 110',
          '2 findings (2 high), 1 new against 1.1, 1 at or above `fail-on: high`',
        ],
      });
      expect(annotations(scenario, second)).toEqual(['failure src/cart.js:3 exec: exec is bad']);

      const third = await scenario.release({ version: '1.3' });
      expectDecision(scenario, third, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(checkText(scenario, third.sha, 'verify')).toContain('0 new against 1.1');
    },
  ),
);

test.concurrent(
  'a JUnit file of 100 MB is read by an action that needs less than 150 MB of memory in all',
  play(
    {
      plan: shortPlan({
        verify: {
          unit: {
            run: `{ echo '<testsuite name="s">'; awk 'BEGIN { for (i = 0; i < 10000; i++) print ENVIRON["CASE"] }'; echo '</testsuite>'; } > r.xml; [ "$(stat -c %s r.xml)" -gt 100000000 ]`,
            junit: 'r.xml',
            env: { CASE: `<testcase name="a"><system-out>${'x'.repeat(10_000)}</system-out></testcase>` },
          },
        },
      }),
    },
    async (scenario) => {
      const peaks = join(scenario.directory, 'peaks');
      const probe = join(scenario.directory, 'peak.mjs');
      writeFileSync(
        probe,
        `import { appendFileSync } from 'node:fs';
process.on('exit', () => appendFileSync(${JSON.stringify(peaks)}, process.resourceUsage().maxRSS + '\\n'));`,
      );
      const NODE_OPTIONS = `--max-old-space-size=48 --import=${probe}`;
      const done = await scenario.release({ version: '1.1', env: { NODE_OPTIONS } });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(done.result.suites).toMatchObject([{ tests: { tests: 10_000 } }]);
      // Of main and of post, in kilobytes.
      const [main = 0, ...others] = readFileSync(peaks, 'utf8').trim().split('\n').map(Number);
      expect(others).toHaveLength(1);
      expect(main).toBeLessThan(150_000);
    },
  ),
);
