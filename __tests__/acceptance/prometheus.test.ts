import { Agent, get } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { needs } from '../components.js';
import { type Prometheus, startPrometheus } from '../metrics/prometheus/server.js';
import { expectDecision } from './claims.js';
import { checkText } from './expect-end.js';
import { promotedBefore } from './promoted-before.js';
import { quickCanary, quickPlan } from './quick-plan.js';
import { type Scenario, startScenario } from './scenario.js';

/** Of customers, to each version. */
const PER_SECOND = 60;

const counters = (arm: string) => ({
  failed: `failures_total{arm="${arm}"}`,
  total: `requests_total{arm="${arm}"}`,
});

const PLAN = quickPlan({
  metrics: {
    errors: {
      kind: 'errors',
      prometheus: {
        url: '${PROMETHEUS}',
        every: '1s',
        delay: '500ms',
        canary: counters('canary'),
        baseline: counters('stable'),
      },
      'worse-by': '10pp',
      'minimum-samples': 100,
    },
  },
  canary: quickCanary({ steps: [{ weight: 50, for: '24s' }], early: true }),
});

needs('prometheus')('a real Prometheus that scrapes the service', () => {
  let scenario: Scenario;
  let prometheus: Prometheus;
  let customers: { stop(): void };

  beforeAll(async () => {
    scenario = await startScenario({ plan: PLAN });
    await promotedBefore(scenario);
    customers = sendCustomers(scenario.service.url);
    prometheus = await startPrometheus(new URL(scenario.service.url).host, ['/metrics']);
  }, 60_000);

  afterAll(async () => {
    customers?.stop();
    await prometheus?.close();
    await scenario?.stop();
  });

  const release = (version: string) => scenario.release({ version, env: { PROMETHEUS: prometheus.url } });

  test('a healthy canary passes before its step is over', async () => {
    const done = await release('1.2');
    expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
    expect(await judgedAfterMs(scenario, done.outputs['release-id'] ?? '')).toBeLessThan(20_000);
    expect(checkText(scenario, done.sha, 'canary')).toMatch(/\| errors \| Passed \| 0 % \(0 of [\d,]+\)/);
    expect(scenario.service.stable()).toBe('1.2');
  });

  test('one that fails more often than the version beside it is taken back', async () => {
    scenario.service.forgetCalls();
    scenario.service.behaviour('1.3', { failEvery: 2 });
    const done = await release('1.3');
    expectDecision(scenario, done, {
      decision: 'rolled-back',
      reason: 'metric-failed',
      says: [/errors: [\d.]+ % of [\d,]+ requests failed; the baseline 0 % of [\d,]+/],
    });
    expect(scenario.service.calls()).not.toContain('promote 1.3');
    expect({ stable: scenario.service.stable(), weight: scenario.service.weight() }).toEqual({
      stable: '1.2',
      weight: 0,
    });
  });
});

/** From the end of the last move of traffic before the verdict. */
async function judgedAfterMs(scenario: Scenario, release: string): Promise<number> {
  const events = await scenario.events(release);
  const judged = events.findIndex(({ type }) => type === 'judged');
  const moved = events.slice(0, judged).findLast(({ effect }) => effect === 'traffic');
  return Date.parse(String(events[judged]?.at)) - Date.parse(String(moved?.at));
}

/** Both versions are asked at the same rate; what they answer is none of the customers' business. */
function sendCustomers(url: string): { stop(): void } {
  const agent = new Agent({ keepAlive: true });
  const ask = (path: string) =>
    get(`${url}${path}`, { agent }, (response) => response.resume()).on('error', () => undefined);
  const timer = setInterval(() => {
    ask('/stable/');
    ask('/canary/');
  }, 1000 / PER_SECOND);
  return {
    stop() {
      clearInterval(timer);
      agent.destroy();
    },
  };
}
