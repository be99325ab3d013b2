import { createServer, type RequestListener, type Server } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createClock } from '../../src/host/clock.js';
import type { Batch } from '../../src/metrics/contract.js';
import type { MetricOf } from '../../src/metrics/driver.js';
import { createProbe } from '../../src/metrics/probe.js';
import type { ProbeSpec } from '../../src/plan/plan.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server | TcpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closers.push(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const serve = (handler: RequestListener) => listen(createServer(handler));

function serveTcp(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  return listen(server);
}

type ProbeMetric = MetricOf<'probe'>;
type ErrorsBatch = Extract<Batch, { kind: 'errors' }>;

function metric(
  probe: Partial<ProbeSpec> & { url: string; baselineUrl?: string },
  name = 'errors',
): ProbeMetric {
  const { url, baselineUrl, ...more } = probe;
  return {
    name,
    kind: 'errors',
    quantile: 0.95,
    limit: 0.01,
    minimumSamples: 1,
    worseBy: null,
    better: 'lower',
    importance: 'normal',
    source: {
      kind: 'probe',
      canary: { url, headers: {} },
      baseline: baselineUrl === undefined ? null : { url: baselineUrl, headers: {} },
      perSecond: 50,
      timeoutMs: 1000,
      expect: { status: [[200, 399]], body: null },
      ...more,
    },
  };
}

interface Measured {
  readonly batches: ReadonlyMap<string, readonly ErrorsBatch[]>;
  readonly total: number;
  readonly failed: number;
  readonly latencies: readonly number[];
  readonly failures: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
  readonly tookMs: number;
}

async function measure(
  metrics: readonly ProbeMetric[],
  forMs: number,
  env: Record<string, string> = {},
): Promise<Measured> {
  const expand = (text: string) =>
    text.replace(/\$\{(\w+)\}/g, (_whole, name: string) => {
      const value = env[name];
      if (value === undefined) throw new Error(`the variable ${name} is not set`);
      return value;
    });
  const batches = new Map<string, ErrorsBatch[]>(metrics.map(({ name }) => [name, []]));
  const latencies: number[] = [];
  const started = performance.now();
  // The first metric's requests are seen by a latency as well, as those of an equal probe are.
  const times = metrics.slice(0, 1).map((one) => ({ ...one, name: 'times', kind: 'latency' as const }));
  await createProbe({ clock: createClock(), expand }).measure({
    metrics: [...metrics, ...times],
    wave: null,
    env: {},
    signal: AbortSignal.timeout(forMs),
    everyMs: 100,
    onBatch: (name, batch) => {
      if (batch.kind === 'errors') batches.get(name)?.push(batch);
      else if (batch.kind === 'latency' && batch.canary !== null && 'values' in batch.canary)
        latencies.push(...batch.canary.values);
    },
  });
  const first = batches.get(metrics[0]?.name ?? '') ?? [];
  const failures: Record<string, number> = {};
  for (const { canary } of first) {
    for (const [reason, count] of Object.entries(canary?.failures ?? {}))
      failures[reason] = (failures[reason] ?? 0) + count;
  }
  return {
    batches,
    total: first.reduce((sum, { canary }) => sum + (canary?.total ?? 0), 0),
    failed: first.reduce((sum, { canary }) => sum + (canary?.failed ?? 0), 0),
    latencies,
    failures,
    problems: first.flatMap(({ problem }) => problem ?? []),
    tookMs: performance.now() - started,
  };
}

/** The machine of a test may be held up itself: some requests are left out, or the end comes late. */
function expectAbout(count: number, expected: number): void {
  expect(count).toBeLessThanOrEqual(Math.ceil(expected * 1.5));
  expect(count).toBeGreaterThanOrEqual(Math.floor(expected * 0.5));
}

async function reasons(url: string): Promise<string[]> {
  return Object.keys((await measure([metric({ url })], 200)).failures);
}

describe('the load', () => {
  test('follows the rate, however slow the service is', async () => {
    const url = await serve((_request, response) => setTimeout(() => response.end('ok'), 300));
    const { total, failed, latencies } = await measure([metric({ url })], 1000);
    expectAbout(total, 50);
    expect(failed).toBe(0);
    expect(Math.min(...latencies)).toBeGreaterThanOrEqual(299);
    expect(Math.max(...latencies)).toBeLessThan(500);
  });

  test('goes to both arms, each by its own header, at the same times', async () => {
    const seen: { arm: unknown; at: number }[] = [];
    const url = await serve((request, response) => {
      seen.push({ arm: request.headers['x-arm'], at: performance.now() });
      response.end();
    });
    const one = metric({
      url,
      canary: { url, headers: { 'x-arm': 'canary-${COLOUR}' } },
      baseline: { url, headers: { 'x-arm': 'baseline' } },
    });
    const { batches } = await measure([one], 500, { COLOUR: 'blue' });
    const totals = (batches.get('errors') ?? []).map(({ canary, baseline }) => [
      canary?.total,
      baseline?.total,
    ]);
    expectAbout(
      totals.reduce((sum, [a = 0]) => sum + a, 0),
      25,
    );
    expectAbout(
      totals.reduce((sum, [, b = 0]) => sum + b, 0),
      25,
    );
    const times = (arm: string) => seen.filter((each) => each.arm === arm).map(({ at }) => at);
    const [canary, baseline] = [times('canary-blue'), times('baseline')];
    // One more each: the request that opens the connection.
    expectAbout(canary.length, 26);
    expect(baseline.length).toBe(canary.length);
    const apart = canary.map((at, i) => Math.abs(at - (baseline[i] ?? 0))).sort((a, b) => a - b);
    expect(apart[Math.floor(apart.length / 2)]).toBeLessThan(10);
  });

  test('is shared by metrics with an equal probe, and by no others', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      response.end();
    });
    const shared = [metric({ url }, 'errors'), metric({ url }, 'orders')];
    const { batches } = await measure([...shared, metric({ url, timeoutMs: 999 }, 'other')], 500);
    expect(batches.get('errors')).toEqual(batches.get('orders'));
    expectAbout(requests, 2 * 26);
  });

  test('comes in disjoint batches, in order, without a gap', async () => {
    const url = await serve((_request, response) => response.end());
    const measured = await measure([metric({ url })], 500);
    const batches = measured.batches.get('errors') ?? [];
    expect(measured.latencies).toHaveLength(measured.total);
    expect(batches.length).toBeGreaterThanOrEqual(4);
    for (const [i, batch] of batches.entries()) {
      expect(batch.to).toBeGreaterThan(batch.from);
      if (i > 0) expect(batch.from).toBe(batches[i - 1]?.to);
    }
  });

  test('counts a request that outlasts its batch in the batch in which it ends', async () => {
    const url = await serve((_request, response) => setTimeout(() => response.end(), 250));
    const { batches, total } = await measure([metric({ url })], 500);
    expect(batches.get('errors')?.[0]?.canary?.total).toBe(0);
    expectAbout(total, 25);
  });
});

describe('a failure', () => {
  test.each<[string, RequestListener, Partial<ProbeSpec>, string]>([
    ['a status that is not expected', (_, r) => r.writeHead(503).end(), {}, 'status 503'],
    [
      'a redirect, where none is expected',
      (_, r) => r.writeHead(302, { location: '/' }).end(),
      { expect: { status: [[200, 200]], body: null } },
      'status 302',
    ],
    [
      'a body without the text',
      (_, r) => r.end('broken'),
      { expect: { status: [[200, 299]], body: 'welcome' } },
      'body without the expected text',
    ],
    [
      'an answer that breaks off',
      (_, r) => {
        r.writeHead(200, { 'content-length': '100' });
        r.write('half');
        setTimeout(() => r.destroy(), 5);
      },
      {},
      'answer broke off',
    ],
    ['a service that hangs', () => undefined, { timeoutMs: 150 }, 'no answer in 0.15 s'],
    [
      'an answer that never ends',
      (_, r) => {
        r.write('a');
      },
      { timeoutMs: 150 },
      'no answer in 0.15 s',
    ],
  ])('%s is counted by name', async (_name, handler, more, reason) => {
    const url = await serve(handler);
    const { total, failed, failures } = await measure([metric({ url, ...more })], 400);
    expectAbout(total, 20);
    expect(failed).toBe(total);
    expect(failures).toEqual({ [reason]: total });
  });

  test('a service that refuses, resets or answers garbage is counted by name', async () => {
    const closed = createTcpServer();
    const refused = await listen(closed);
    closed.close();
    expect(await reasons(refused)).toEqual(['connection refused']);
    const reset = await serveTcp((socket) => socket.once('data', () => socket.destroy()));
    expect(await reasons(reset)).toEqual(['connection closed without an answer']);
    const garbage = await serveTcp((socket) => socket.once('data', () => socket.end('nonsense\r\n\r\n')));
    expect(await reasons(garbage)).toEqual(['answered something that is not HTTP']);
  });

  test('a timeout counts with the whole timeout as its latency', async () => {
    const url = await serve(() => undefined);
    expect(new Set((await measure([metric({ url, timeoutMs: 150 })], 300)).latencies)).toEqual(
      new Set([150]),
    );
  });

  test('too many requests without an answer are an overload, and no more are sent', async () => {
    let open = 0;
    const url = await serve(() => {
      open += 1;
    });
    const { failures, total } = await measure([metric({ url, perSecond: 700, timeoutMs: 5000 })], 1200);
    expect(failures.overload).toBeGreaterThan(0);
    expect(total).toBe(failures.overload);
    expect(open).toBeLessThanOrEqual(501);
  });
});

describe('what is not the fault of the service', () => {
  test('requests cut off by the end of the measurement are not counted, and said so, within two seconds', async () => {
    const url = await serve((request, response) => {
      if (request.url !== '/hang') response.end();
    });
    const { total, problems, tookMs } = await measure(
      [metric({ url: `${url}hang`, timeoutMs: 30_000 })],
      200,
    );
    expect(total).toBe(0);
    expect(problems.join()).toMatch(
      /\d+ requests had not ended when the measurement did, and are not counted/,
    );
    expect(tookMs).toBeLessThan(3000);
  });

  test('a kept connection that the server has just closed is asked again', async () => {
    const url = await serveTcp((socket) => {
      let answered = false;
      socket.on('data', () => {
        if (answered) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        answered = true;
      });
    });
    const { total, failed } = await measure([metric({ url })], 400);
    expectAbout(total, 20);
    expect(failed).toBe(0);
  });

  test('a stall of this process neither counts as slowness nor as failures', async () => {
    const url = await serve((_request, response) => setTimeout(() => response.end(), 20));
    const measuring = measure([metric({ url, timeoutMs: 400 })], 1500);
    setTimeout(() => blockFor(450), 500);
    const { total, failed, latencies } = await measuring;
    expect(failed).toBe(0);
    expect(Math.max(...latencies)).toBeLessThan(250);
    expect(total).toBeGreaterThanOrEqual(50);
  });

  test('after a long stall the missed requests are not sent as a burst, and that is said', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      response.end();
    });
    const measuring = measure([metric({ url })], 2000);
    setTimeout(() => blockFor(1200), 300);
    const { total, failed, problems } = await measuring;
    expect(failed).toBe(0);
    expect(total).toBeLessThan(80);
    expect(requests).toBeLessThan(82);
    expect(problems.join()).toMatch(/this runner was held up, and \d+ requests were not sent/);
  });
});

describe('a target that cannot be asked', () => {
  test.each([
    ['${NOWHERE}/health', 'the variable NOWHERE is not set'],
    ['${SECRET}', 'the canary URL "${SECRET}" is not a URL'],
    ['ftp://shop/', 'ftp:'],
  ])('%j is a problem in each batch, without the secret', async (url, says) => {
    const { batches, problems } = await measure([metric({ url })], 300, { SECRET: 'hunter2-hunter2' });
    expect(batches.get('errors')?.every(({ canary }) => canary === null)).toBe(true);
    expect(problems.length).toBeGreaterThanOrEqual(3);
    expect(problems.join()).toContain(says);
    expect(problems.join()).not.toContain('hunter2');
  });

  test('as the baseline, it leaves the canary measured', async () => {
    const url = await serve((_request, response) => response.end());
    const { batches, total } = await measure([metric({ url, baselineUrl: 'nowhere' })], 200);
    expectAbout(total, 10);
    expect(batches.get('errors')?.[0]).toMatchObject({ baseline: null });
  });
});

function blockFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
