import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Batch } from '../../src/metrics/contract.js';
import type { PrometheusSource } from '../../src/plan/plan.js';
import {
  type Answering,
  errors,
  fastClock,
  gauge,
  historyOf,
  latency,
  measureOne,
  metricOf,
  portsOf,
  prometheus,
  serve,
  temporaryDirectory,
} from './world.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly form: URLSearchParams;
}

type Result = readonly (readonly [labels: Readonly<Record<string, string>>, value: string])[];

/** A server with the API of Prometheus; `answer` gives the series of an instant query, or a whole body. */
async function api(
  answer: (request: Request) => Result | string,
  clock = fastClock(),
): Promise<{
  readonly url: string;
  readonly requests: Request[];
  readonly ports: ReturnType<typeof portsOf>;
}> {
  const requests: Request[] = [];
  const server: Answering = await serve(async (incoming, response) => {
    const request = await readRequest(incoming);
    requests.push(request);
    response.setHeader('date', new Date(clock.now()).toUTCString());
    const given = answer(request);
    response.end(typeof given === 'string' ? given : vectorOf(given, request));
  });
  closers.push(() => server.close());
  return { url: server.url, requests, ports: portsOf({ clock, env: { TENANT_KEY: 'k-123456' } }) };
}

async function readRequest(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = '', url = '', headers } = incoming;
  return { method, url, headers, form: new URLSearchParams(Buffer.concat(chunks).toString()) };
}

function vectorOf(result: Result, { form }: Request): string {
  const series = result.map(([metric, value]) => ({ metric, value: [Number(form.get('time')), value] }));
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result: series } });
}

const ONE = { canary: gauge('a'), baseline: gauge('b') };
const RAW = { __name__: 'total' };

async function batchesOf(
  url: string,
  ports: ReturnType<typeof portsOf>,
  options: {
    readonly more?: Partial<PrometheusSource>;
    readonly wave?: string;
    readonly batches?: number;
  } = {},
): Promise<readonly Batch[]> {
  const { more = {}, batches = 2, wave } = options;
  const asked = wave === undefined ? {} : { wave };
  return measureOne(ports, metricOf(prometheus(url, ONE, more)), { batches, ...asked });
}

test('a secret of the request that comes back in a label is in no problem', async () => {
  const { url, ports } = await api(() => [
    [{ who: 'k-123456' }, '1'],
    [{ who: 'else' }, '1'],
  ]);
  const source = prometheus(url, ONE, { headers: { 'X-Scope': '${TENANT_KEY}' } });
  const [batch] = await measureOne(ports, metricOf(source), { batches: 1 });
  expect(batch?.problem).toContain('{who="${TENANT_KEY}"}');
  expect(batch?.problem).not.toContain('k-123456');
});

describe('a request', () => {
  test('is a form, about the end of the interval, with the timeout, and the API below the URL', async () => {
    const { url, requests, ports } = await api(() => [[{}, '1']]);
    const [batch] = await batchesOf(`${url}/prom/`, ports, { more: { everyMs: 15_000 } });
    const [request] = requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/prom/api/v1/query',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    });
    expect(Object.fromEntries(request?.form ?? [])).toEqual({
      query: 'a',
      time: ((batch?.to ?? 0) / 1000).toFixed(3),
      timeout: '2.000',
    });
    expect((batch?.to ?? 0) - (batch?.from ?? 0)).toBe(15_000);
  });

  test('has the headers of the plan, the tenant and the path of Loki, and the wave in the URL', async () => {
    const { url, requests, ports } = await api(() => [[{}, '1']]);
    const headers = { Authorization: 'Bearer ${TENANT_KEY}' };
    const more = { headers, tenant: 'shop', path: '/loki/api/v1' };
    await batchesOf(`${url}/{{wave}}/?x=1`, ports, { more, wave: 'eu west' });
    expect(requests[0]).toMatchObject({
      url: '/eu%20west/loki/api/v1/query?x=1',
      headers: { authorization: 'Bearer k-123456', 'x-scope-orgid': 'shop' },
    });
  });

  test('is sent as late as the data are', async () => {
    const clock = fastClock();
    const asked: number[] = [];
    const { url, ports } = await api(({ form }) => {
      asked.push(clock.now() - 1000 * Number(form.get('time')));
      return [[{}, '1']];
    }, clock);
    await batchesOf(url, ports, { more: { delayMs: 4000, everyMs: 10_000 } });
    expect(new Set(asked)).toEqual(new Set([4000]));
  });
});

describe('an answer', () => {
  test('that needs longer than the interval counts, is told, and makes the next interval longer', async () => {
    const clock = fastClock();
    const { url, ports } = await api(({ form }) => {
      if (form.get('query') === 'a') clock.move(2500);
      return [[{}, '1']];
    }, clock);
    const batches = await batchesOf(url, ports, { more: { everyMs: 1000 } });
    expect(batches[0]).toMatchObject({
      canary: 1,
      problem: expect.stringMatching(/took 2\.5 s, longer than the interval of 1 s; .*`every` longer/),
    });
    expect(batches.map(({ from, to }) => to - from)).toEqual([1000, 2000]);
  });

  test.each([
    [60_000, 'ahead of'],
    [-60_000, 'behind'],
  ])('of a server whose clock is %d ms apart is about another time', async (apart, says) => {
    const clock = fastClock();
    const server = await serve((_request, response) => {
      response.setHeader('date', new Date(clock.now() + apart).toUTCString());
      response.end('{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}');
    });
    closers.push(() => server.close());
    const [batch] = await batchesOf(server.url, portsOf({ clock }), { batches: 1 });
    expect(batch).toMatchObject({ canary: null, baseline: null });
    expect(batch?.problem).toMatch(new RegExp(`its clock is (59|60) s ${says} this runner's`));
  });

  test('of a server that tells no time is taken', async () => {
    const server = await serve((_request, response) => {
      response.sendDate = false;
      response.end('{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}');
    });
    closers.push(() => server.close());
    expect(await batchesOf(server.url, portsOf({ clock: fastClock() }), { batches: 1 })).toMatchObject([
      { canary: 1, baseline: 1 },
    ]);
  });
});

describe('counters', () => {
  const arms = { canary: errors('cf', 'ct'), baseline: errors('bf', 'bt') };
  const counting = (url: string) => metricOf(prometheus(url, arms, { everyMs: 1000 }), 'errors');

  test('begin at the first reading, which is no batch', async () => {
    const { url, ports } = await api(({ form }) => [[RAW, form.get('time') ?? '']]);
    const begun = ports.clock.now();
    const batches = await measureOne(ports, counting(url), { batches: 2 });
    expect(batches[0]).toEqual({
      from: begun + 1000,
      to: begun + 2000,
      kind: 'errors',
      canary: { failed: 1, total: 1 },
      baseline: { failed: 1, total: 1 },
    });
  });

  test.each<[string, Result | string, RegExp]>([
    ['answered nothing', [], /^canary\.total found no series/],
    [
      'failed',
      'Bad gateway',
      /^canary\.total: it answered status 200 and a body that begins with "Bad gateway"/,
    ],
  ])(
    'that %s once begin again, for that arm alone, and both readings are told',
    async (_name, once, says) => {
      let readings = 0;
      const { url, ports } = await api(({ form }) => {
        if (form.get('query') === 'ct') readings += 1;
        return form.get('query') === 'ct' && readings === 3 ? once : [[RAW, form.get('time') ?? '']];
      });
      const batches = await measureOne(ports, counting(url), { batches: 4 });
      expect(batches.map(({ canary }) => canary !== null)).toEqual([true, false, false, true]);
      expect(batches.every(({ baseline }) => baseline !== null)).toBe(true);
      expect(batches[1]?.problem).toMatch(says);
      expect(batches[2]?.problem).toBe('canary: its counters are read anew, and count from now on');
      expect(batches[3]).toMatchObject({ canary: { failed: 1, total: 1 } });
    },
  );

  test('in a sum that goes back give no sample once, and go on from there', async () => {
    let readings = 0;
    const { url, ports } = await api(({ form }) => {
      if (form.get('query') === 'ct') readings += 1;
      const lost = form.get('query') === 'ct' && readings >= 3 ? 5000 : 0;
      return [[{}, String(Number(form.get('time')) - lost)]];
    });
    const batches = await measureOne(ports, counting(url), { batches: 3 });
    expect(batches.map(({ canary }) => canary !== null)).toEqual([true, false, true]);
    expect(batches[1]?.problem).toMatch(
      /canary\.total: \{\} went back from .*ask for the counters themselves/,
    );
  });

  test('and amounts can stand side by side, in one arm', async () => {
    const { url, requests, ports } = await api(({ form }) =>
      form.get('query')?.startsWith('increase') ? [[{}, '1.5']] : [[RAW, form.get('time') ?? '']],
    );
    const canary = errors('increase(x[{{window}}])', 'ct');
    const metric = metricOf(prometheus(url, { canary }, { everyMs: 2000 }), 'errors');
    const batches = await measureOne(ports, metric, { batches: 2 });
    expect(batches[0]).toMatchObject({ canary: { failed: 1.5, total: 2 }, baseline: null });
    expect(requests[0]?.form.get('query')).toBe('increase(x[2s])');
  });

  test('of latency are buckets, and one that falls is named', async () => {
    const { url, ports } = await api(({ form }) => {
      const time = Number(form.get('time'));
      const bad = form.get('query') === 'bad' ? 1e10 : 0;
      return [
        [{ __name__: 'x_bucket', le: '0.1' }, String(time + bad)],
        [{ __name__: 'x_bucket', le: '+Inf' }, String(2 * time)],
      ];
    });
    const source = prometheus(url, { canary: latency('good'), baseline: latency('bad') });
    const [first] = await measureOne(ports, metricOf(source, 'latency'), { batches: 1 });
    expect(first).toMatchObject({ canary: null, baseline: null });
    const [, second] = await measureOne(ports, metricOf(source, 'latency'), { batches: 2 });
    expect(second).toMatchObject({ canary: { edges: [100], counts: [1, 1] }, baseline: null });
    expect(second?.problem).toMatch(/baseline\.buckets answered x_bucket\{\} .*buckets must not fall/);
  });
});

describe('the past', () => {
  const range = { from: 1_000_000_000_000, to: 1_000_000_060_000, everyMs: 20_000 };
  const matrix = (...result: readonly unknown[]) =>
    JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
  const valuesOf = (values: readonly (readonly [number, string])[], metric = {}) => ({ metric, values });

  test('is one range query for each query, and a batch for each step', async () => {
    const { url, requests, ports } = await api(() =>
      matrix(
        valuesOf([
          [1_000_000_000, '1'],
          [1_000_000_020, '2'],
          [1_000_000_060, '4'],
        ]),
      ),
    );
    const past = await historyOf(ports, metricOf(prometheus(url, ONE)), range);
    expect(requests[0]?.url).toBe('/api/v1/query_range');
    expect(Object.fromEntries(requests[0]?.form ?? [])).toEqual({
      query: 'a',
      start: '1000000000.000',
      end: '1000000060.000',
      step: '20.000',
      timeout: '2.000',
    });
    const at = (seconds: number) => range.from + seconds * 1000;
    expect(past).toEqual([
      { from: at(0), to: at(20), kind: 'gauge', canary: 2, baseline: 2 },
      { from: at(20), to: at(40), kind: 'gauge', canary: null, baseline: null },
      { from: at(40), to: at(60), kind: 'gauge', canary: 4, baseline: 4 },
    ]);
  });

  test('has steps no shorter than the interval, and a window as long as a step', async () => {
    const { url, requests, ports } = await api(() => matrix(valuesOf([[1_000_000_030, '7']])));
    const canary = gauge('max_over_time(x[{{window}}])');
    const past = await historyOf(ports, metricOf(prometheus(url, { canary }, { everyMs: 30_000 })), range);
    expect(requests[0]?.form.get('query')).toBe('max_over_time(x[30s])');
    expect(past).toHaveLength(2);
  });

  test('of an arm that was not there yet is null, and no problem', async () => {
    const { url, ports } = await api(({ form }) =>
      form.get('query') === 'a' ? matrix() : matrix(valuesOf([[1_000_000_020, '2']])),
    );
    const past = await historyOf(ports, metricOf(prometheus(url, ONE)), range);
    expect(past).toMatchObject([{ canary: null, baseline: 2 }, {}, {}]);
    expect(JSON.stringify(past)).not.toContain('problem');
  });

  test('keeps what is wrong with one step apart from the others', async () => {
    const { url, ports } = await api(() =>
      matrix(
        valuesOf([
          [1_000_000_020, 'NaN'],
          [1_000_000_040, '3'],
        ]),
      ),
    );
    const past = await historyOf(ports, metricOf(prometheus(url, ONE)), range);
    expect(past).toMatchObject([
      { canary: null, problem: expect.stringContaining('NaN') },
      { canary: 3 },
      {},
    ]);
  });

  test.each<[string, string, RegExp]>([
    ['a refusal', '{"status":"error","errorType":"bad_data","error":"too many points"}', /too many points/],
    ['nothing at all', matrix(), /found no series in the past/],
  ])('of which there is %s is a problem', async (_name, body, says) => {
    const { url, ports } = await api(() => body);
    const past = await historyOf(ports, metricOf(prometheus(url, ONE)), range);
    expect(past).toEqual({ problem: expect.stringMatching(says) });
  });

  test('after an abort ends soon, with a problem', async () => {
    const server = await serve(() => undefined);
    closers.push(() => server.close());
    const begun = performance.now();
    const metric = metricOf(prometheus(server.url, ONE, { timeoutMs: 60_000 }));
    const past = await historyOf(portsOf(), metric, { ...range, signal: AbortSignal.timeout(100) });
    expect(past).toHaveProperty('problem');
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});

describe('a file of authorities', () => {
  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

  (hasOpenssl ? test : test.skip)('is trusted besides the known ones', async () => {
    const directory = temporaryDirectory();
    closers.push(() => rmSync(directory, { recursive: true }));
    const { key, cert } = selfSigned();
    writeFileSync(join(directory, 'ca.pem'), `Issued by us\n${cert}`);
    const body = '{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}';
    const server = createHttpsServer({ key, cert }, (_request, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    closers.push(() => server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ports = portsOf({ workspace: directory });
    const seen = async (caFile: string | null) =>
      (await batchesOf(url, ports, { more: { caFile, everyMs: 200 }, batches: 1 }))[0];
    expect(await seen('ca.pem')).toMatchObject({ canary: 1 });
    expect((await seen(null))?.problem).toMatch(/TLS failed/);
  });

  test.each([
    ['missing.pem', null, /`ca-file` missing\.pem cannot be read \(ENOENT\); it must be a PEM file/],
    ['empty.pem', 'nothing here', /`ca-file` empty\.pem holds no certificate/],
    [
      'broken.pem',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /holds a certificate that cannot be read/,
    ],
  ])('%s is named', async (caFile, text, says) => {
    const directory = temporaryDirectory();
    closers.push(() => rmSync(directory, { recursive: true }));
    if (text !== null) writeFileSync(join(directory, caFile), text);
    const ports = portsOf({ workspace: directory, clock: fastClock() });
    const [batch] = await batchesOf('https://127.0.0.1:1', ports, { more: { caFile }, batches: 1 });
    expect(batch?.problem).toMatch(says);
  });
});

function selfSigned(): { readonly key: string; readonly cert: string } {
  const options =
    '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1';
  const args = ['req', ...options.split(' '), '-keyout', '-', '-out', '-'];
  const { stdout } = spawnSync('openssl', args, { encoding: 'utf8' });
  const [cert = ''] = stdout.match(/-----BEGIN CERTIFICATE[\s\S]*END CERTIFICATE-----/) ?? [];
  return { key: stdout.replace(cert, ''), cert };
}
