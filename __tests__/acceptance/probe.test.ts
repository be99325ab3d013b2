import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { expect, test } from '@jest/globals';
import { conclusionOf, expectEnd } from './expect-end.js';
import { play } from './play.js';
import { quickCanary, quickPlan } from './quick-plan.js';
import type { Released, Scenario } from './scenario.js';
import { until } from './until.js';

const BAD = ['canary 1.2', 'weight 10', 'weight 0', 'rollback 1.0', 'remove'];
const GOOD = ['canary 1.2', 'weight 10', 'promote 1.2', 'weight 0', 'remove'];

interface Verdict {
  readonly metric: string;
  readonly verdict: string;
  readonly reason: string;
  readonly samples: number;
}

/** A server that is not HTTP's business as usual, for as long as `use` takes. */
async function serving<T>(server: Server, use: (url: string) => Promise<T>): Promise<T> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

function metric(
  probe: Readonly<Record<string, unknown>>,
  change: Readonly<Record<string, unknown>> = {},
): object {
  return {
    kind: 'errors',
    probe: { rate: '60/s', timeout: '2s', ...probe },
    limit: '1%',
    'minimum-samples': 30,
    ...change,
  };
}

function verdictsOf(done: Released): Readonly<Record<string, Verdict>> {
  const stages = done.result.stages as { name: string; metrics: Verdict[] }[];
  const metrics = stages.find(({ name }) => name === 'canary')?.metrics ?? [];
  return Object.fromEntries(metrics.map((one) => [one.metric, one]));
}

async function expectBack(scenario: Scenario, done: Released, reason: string): Promise<void> {
  expect(scenario.service.calls()).toEqual(BAD);
  await expectEnd(scenario, done, { decision: 'rolled-back', reason, weight: 0, stable: '1.0' });
  expect(conclusionOf(scenario, done.sha, 'canary')).toBe('failure');
}

const odd: RequestListener = (request, response) => {
  if (request.url === '/hangs') return;
  if (request.url === '/redirects') response.writeHead(302, { location: '/elsewhere' }).end();
  else response.writeHead(200).end('under maintenance');
};

test.concurrent(
  'a target that refuses, hangs, answers garbage, redirects or says the wrong thing fails its metric, each with its reason',
  play(
    {
      plan: quickPlan({
        metrics: {
          refuses: metric({ canary: 'http://127.0.0.1:9/' }),
          hangs: metric({ canary: '${ODD}/hangs', timeout: '300ms' }),
          garbage: metric({ canary: '${GARBAGE}/' }),
          redirects: metric({ canary: '${ODD}/redirects', expect: { status: 200 } }),
          says: metric({ canary: '${ODD}/', expect: { body: 'ok' } }),
        },
      }),
    },
    async (scenario) => {
      const garbage = createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.end('SSH-2.0-OpenSSH_9.6\r\n');
      });
      const done = await serving(createServer(odd), (url) =>
        serving(garbage, (other) => scenario.release({ version: '1.2', env: { ODD: url, GARBAGE: other } })),
      );
      await expectBack(scenario, done, 'metric-failed');
      const verdicts = verdictsOf(done);
      expect(Object.values(verdicts).map(({ metric: name, verdict }) => `${name} ${verdict}`)).toEqual([
        'refuses failed',
        'hangs failed',
        'garbage failed',
        'redirects failed',
        'says failed',
      ]);
      expect(verdicts.hangs?.reason).toContain('no answer in 0.3 s');
      expect(verdicts.redirects?.reason).toContain('302');
      expect(verdicts.says?.reason).toContain('body without the expected text');
    },
  ),
);

test.concurrent(
  'a header reaches the arm, a redirect is an answer by default, and metrics with one probe share its requests',
  play(
    {
      plan: quickPlan({
        metrics: {
          errors: metric({
            canary: { url: '${ARM}/', headers: { 'X-Arm': '${ARM_NAME}' } },
            expect: { body: 'of the canary' },
          }),
          latency: {
            kind: 'latency',
            probe: {
              canary: { url: '${ARM}/', headers: { 'X-Arm': '${ARM_NAME}' } },
              expect: { body: 'of the canary' },
              timeout: '2s',
              rate: '60/s',
            },
            limit: '3s',
            'minimum-samples': 30,
          },
          moved: metric({ canary: '${ARM}/redirects' }),
        },
      }),
    },
    async (scenario) => {
      let asked = 0;
      const arms = createServer((request, response) => {
        if (request.url === '/redirects') return odd(request, response);
        asked++;
        response.end(request.headers['x-arm'] === 'arm-of-the-new' ? 'of the canary' : 'of the baseline');
      });
      const done = await serving(arms, (url) =>
        scenario.release({ version: '1.2', env: { ARM: url, ARM_NAME: 'arm-of-the-new' } }),
      );
      expect(scenario.service.calls()).toEqual(GOOD);
      await expectEnd(scenario, done, {
        decision: 'promoted',
        reason: 'all-gates-passed',
        weight: 0,
        stable: '1.2',
      });
      const { errors, latency } = verdictsOf(done);
      expect(errors?.samples).toBe(latency?.samples);
      // One that warms the connection up is not counted, nor is one that this machine was too busy to send in time.
      const counted = errors?.samples ?? 0;
      expect([asked > counted, asked < 1.5 * counted]).toEqual([true, true]);
    },
  ),
);

test.concurrent(
  'a canary that is slow beyond the limit is taken back, although no request fails',
  play(
    {
      plan: quickPlan({
        metrics: {
          errors: metric({ canary: '${SERVICE_URL}/canary/' }),
          latency: metric(
            { canary: '${SERVICE_URL}/canary/' },
            { kind: 'latency', limit: '50ms', quantile: 'p95' },
          ),
        },
      }),
    },
    async (scenario) => {
      scenario.service.behaviour('1.2', { delayMs: 120 });
      const done = await scenario.release({ version: '1.2' });
      await expectBack(scenario, done, 'metric-failed');
      expect(verdictsOf(done)).toMatchObject({
        errors: { verdict: expect.not.stringContaining('failed') },
        latency: { verdict: 'failed', reason: expect.stringContaining('95 % of') },
      });
    },
  ),
);

test.concurrent(
  'a target that cannot be asked at all is an error and no pass',
  play({ plan: quickPlan({ metrics: { errors: metric({ canary: '${TARGET}' }) } }) }, async (scenario) => {
    const done = await scenario.release({ version: '1.2', env: { TARGET: 'not a url' } });
    await expectBack(scenario, done, 'metric-errored');
    expect(verdictsOf(done)).toMatchObject({ errors: { verdict: 'errored', samples: 0 } });
  }),
);

test.concurrent(
  'requests that this runner could not send make a step inconclusive, and too little evidence promotes nothing',
  play(
    {
      plan: quickPlan({
        metrics: { errors: metric({ canary: '${SERVICE_URL}/canary/' }, { 'minimum-samples': 50 }) },
      }),
    },
    async (scenario) => {
      const { job, done } = await scenario.begin({ version: '1.2' });
      await until(() => scenario.service.requests('1.2') > 5);
      job.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      job.kill('SIGCONT');
      const ended = await done;
      await expectBack(scenario, ended, 'metric-inconclusive');
      expect(verdictsOf(ended).errors?.reason).toMatch(/only \d+ were measured, and 50 are needed/);
    },
  ),
);

test.concurrent(
  'a canary that fails half of its requests is taken back long before its step ends',
  play(
    { plan: quickPlan({ canary: quickCanary({ steps: [{ weight: 10, for: '5m' }] }) }) },
    async (scenario) => {
      scenario.service.behaviour('1.2', { failEvery: 2 });
      const { done } = await scenario.begin({ version: '1.2' });
      await until(() => scenario.service.requests('1.2') > 0);
      const since = performance.now();
      await until(() => scenario.service.weight() === 0);
      expect(performance.now() - since).toBeLessThan(6_000);
      await expectBack(scenario, await done, 'metric-failed');
    },
  ),
);
