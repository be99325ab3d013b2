import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Batch } from '../../src/metrics/contract.js';
import type { HttpJsonSource, Metric, Queries } from '../../src/plan/plan.js';
import { errors, fastClock, gauge, httpJson, measureOne, metricOf, portsOf, serve } from './world.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Request {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A service that answers each request with one text, and remembers what it was asked. */
async function service(answer: (request: Request, index: number) => string) {
  const clock = fastClock();
  const requests: Request[] = [];
  const server = await serve(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = incoming;
    const body = Buffer.concat(chunks).toString();
    requests.push({ method, url: new URL(url, 'http://service'), headers, body });
    response.setHeader('date', new Date(clock.now()).toUTCString());
    response.end(answer(requests.at(-1) as Request, requests.length - 1));
  });
  closers.push(() => server.close());
  const ports = portsOf({ clock, env: { API_KEY: 'k-abcdef', TEAM: 'a "team"' } });
  async function batches(
    source: (url: string) => HttpJsonSource,
    options: { readonly kind?: Metric['kind']; readonly count?: number; readonly wave?: string } = {},
  ): Promise<readonly Batch[]> {
    const { kind = 'gauge', count = 1, wave } = options;
    const asked = wave === undefined ? {} : { wave };
    return measureOne(ports, metricOf(source(server.url), kind), { batches: count, ...asked });
  }
  return { requests, batches };
}

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'answers', name), 'utf8');
const ARMS = { canary: gauge('a&b="c"'), baseline: gauge('d') };

describe('a request', () => {
  test('has what the arm asks, the interval and the wave in the URL, encoded', async () => {
    const { requests, batches } = await service(() => '1');
    const path = '/{{wave}}/count?q={{query}}&from={{from}}&to={{to}}&window={{window}}';
    const [batch] = await batches((url) => httpJson(url + path, ARMS), { wave: 'eu/west' });
    expect(requests[0]).toMatchObject({ method: 'GET', body: '' });
    expect(requests[0]?.url.pathname).toBe('/eu%2Fwest/count');
    expect(Object.fromEntries(requests[0]?.url.searchParams ?? [])).toEqual({
      q: 'a&b="c"',
      from: String((batch?.from ?? 0) / 1000),
      to: String((batch?.to ?? 0) / 1000),
      window: '1s',
    });
  });

  test('has them in a body of JSON as JSON, with the variables of the plan', async () => {
    const { requests, batches } = await service(() => '1');
    const body = '{"query": "{{query}}", "from": {{from}}, "by": "release"}';
    const headers = { 'X-Key': '${API_KEY}' };
    const [batch] = await batches((url) => httpJson(url, ARMS, { method: 'POST', body, headers }));
    expect(requests[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-key': 'k-abcdef' },
    });
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      query: 'a&b="c"',
      from: (batch?.from ?? 0) / 1000,
      by: 'release',
    });
  });

  test('has them in a form as a form', async () => {
    const { requests, batches } = await service(() => '1');
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    await batches((url) => httpJson(url, ARMS, { method: 'POST', body: 'q={{query}}&n=1', headers }));
    expect(Object.fromEntries(new URLSearchParams(requests[0]?.body))).toEqual({ q: 'a&b="c"', n: '1' });
  });

  test('may need no query at all', async () => {
    const { requests, batches } = await service(() => '{"queue": {"length": 3}}');
    const found = await batches((url) => httpJson(`${url}/status`, {}, { path: 'queue.length' }));
    expect(found[0]).toMatchObject({ kind: 'gauge', canary: 3, baseline: null });
    expect(found[0]?.problem).toBeUndefined();
    expect(requests).toHaveLength(1);
  });

  test('a wave that no language could quote is refused', async () => {
    const { requests, batches } = await service(() => '1');
    const arms = { canary: gauge("region = '{{wave}}'") };
    const found = await batches((url) => httpJson(`${url}?q={{query}}`, arms), { wave: "x' or '1'='1" });
    expect(found[0]?.problem).toMatch(/cannot be put into a query: only letters, digits/);
    expect(requests).toHaveLength(0);
  });
});

describe('an answer', () => {
  const one = (body: string, path: string | null) =>
    service(() => body).then(({ batches }) => batches((url) => httpJson(url, {}, { path })));

  test.each<[string, string | null, number]>([
    ['12.5', null, 12.5],
    ['{"data": [{"count": 0}]}', 'data.0.count', 0],
    ['{"a": -1e-3}', 'a', -0.001],
  ])('%s at %s is %d', async (body, path, value) => {
    expect(await one(body, path)).toMatchObject([{ canary: value }]);
  });

  test.each<[string, string | null, RegExp]>([
    ['{}', 'a.b', /its answer at a\.b is nothing, and no data is never a pass; check `path`/],
    ['{"a": {}}', 'a.constructor', /is nothing/],
    ['{"a": null}', 'a', /is null, and no data is never a pass/],
    ['{"a": "12"}', 'a', /is a text, and a finite number is needed/],
    ['{"a": true}', 'a', /is true, and a finite number/],
    ['{"a": [1, 2]}', 'a', /is a list of 2, and a finite number/],
    ['{"a": {"b": 1}}', 'a', /is an object, and a finite number/],
    ['{"a": 1e999}', 'a', /is Infinity, and a finite number/],
    ['', null, /its answer is empty/],
    ['<html>Sign in', null, /is no JSON, and begins with "<html>Sign in".*no login page/],
  ])('%s at %s is none, and named', async (body, path, says) => {
    const [batch] = await one(body, path);
    expect(batch).toMatchObject({ canary: null });
    expect(batch?.problem).toMatch(says);
  });
});

describe('counts', () => {
  test('asked for without an interval are counters', async () => {
    let asked = 0;
    const { batches } = await service(({ url }) => {
      asked += 1;
      return String(url.searchParams.get('q') === 'total' ? 100 * asked : asked);
    });
    const arms = { canary: errors('failed', 'total') };
    const found = await batches((url) => httpJson(`${url}?q={{query}}`, arms), { kind: 'errors', count: 2 });
    expect(found).toMatchObject([
      { canary: { failed: 2, total: 200 } },
      { canary: { failed: 2, total: 200 } },
    ]);
  });

  test('that go back are named: another instance may have answered', async () => {
    const values = [10, 10, 10, 4, 10, 6];
    const { batches } = await service((_request, index) => String(values[index]));
    const arms = { canary: errors('same', 'same') };
    const [first, second] = await batches((url) => httpJson(`${url}?q={{query}}`, arms), {
      kind: 'errors',
      count: 2,
    });
    expect(first).toMatchObject({ canary: null });
    expect(first?.problem).toMatch(
      /went back from 10 to 4: .*another one answered; ask for the amount of an interval/,
    );
    expect(second?.canary).not.toBeNull();
  });

  test('below zero are named', async () => {
    const { batches } = await service(() => '-1');
    const arms = { canary: errors('f', 't') };
    const [batch] = await batches((url) => httpJson(`${url}?q={{query}}&w={{window}}`, arms), {
      kind: 'errors',
    });
    expect(batch?.problem).toMatch(/canary\.failed answered -1, and a count is not below zero/);
  });
});

describe('datadog', () => {
  const headers = { 'DD-API-KEY': '${API_KEY}', 'DD-APPLICATION-KEY': 'app-key' };
  const query = 'sum:shop.requests{arm:canary,region:{{wave}}}.as_count()';
  const preset = (arms: { canary: Queries }) => (url: string) =>
    httpJson(`${url}/`, arms, { preset: 'datadog', headers });

  test('is asked for a scalar over the interval, with its two keys', async () => {
    const { requests, batches } = await service(() => fixture('datadog.json'));
    const [batch] = await batches(preset({ canary: errors(query, query) }), { kind: 'errors', wave: 'eu' });
    expect(batch).toMatchObject({ canary: { failed: 42, total: 42 } });
    expect(requests[0]).toMatchObject({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'dd-api-key': 'k-abcdef',
        'dd-application-key': 'app-key',
      },
    });
    expect(requests[0]?.url.pathname).toBe('/api/v2/query/scalar');
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      data: {
        type: 'scalar_request',
        attributes: {
          from: batch?.from,
          to: batch?.to,
          queries: [
            {
              data_source: 'metrics',
              name: 'a',
              query: 'sum:shop.requests{arm:canary,region:eu}.as_count()',
              aggregator: 'sum',
            },
          ],
          formulas: [{ formula: 'a' }],
        },
      },
    });
  });

  test('is asked for the mean of a gauge', async () => {
    const { requests, batches } = await service(() => fixture('datadog.json'));
    expect(await batches(preset({ canary: gauge('avg:shop.memory{*}') }))).toMatchObject([{ canary: 42 }]);
    expect(requests[0]?.body).toContain('"aggregator":"avg"');
  });

  test.each<[string, string, RegExp]>([
    [
      'several groups',
      fixture('datadog-grouped.json'),
      /answered 2 series, and one number is needed; leave out "by \{…\}"/,
    ],
    ['no column', '{"data":{"attributes":{"columns":[]}}}', /its number is nothing, and no data/],
    [
      'null',
      '{"data":{"attributes":{"columns":[{"type":"number","values":[null]}]}}}',
      /its number is null, and no data/,
    ],
    ['an error', '{"errors":"Forbidden"}', /answered with an error: Forbidden/],
    ['something else', '[]', /its number is nothing/],
  ])('%s is no number, and named', async (_name, body, says) => {
    const { batches } = await service(() => body);
    const [batch] = await batches(preset({ canary: gauge('x') }));
    expect(batch).toMatchObject({ canary: null });
    expect(batch?.problem).toMatch(says);
  });
});

describe('newrelic', () => {
  const preset = (url: string) =>
    httpJson(
      url,
      { canary: gauge("SELECT count(*) FROM Transaction WHERE arm = 'canary'") },
      { preset: 'newrelic', account: 1234567, headers: { 'API-Key': '${API_KEY}' } },
    );

  test('is asked by NerdGraph for the account, with the interval behind the query', async () => {
    const { requests, batches } = await service(() => fixture('newrelic.json'));
    const [batch] = await batches(preset);
    expect(batch).toMatchObject({ canary: 42 });
    expect(requests[0]).toMatchObject({ method: 'POST', headers: { 'api-key': 'k-abcdef' } });
    expect(requests[0]?.url.pathname).toBe('/graphql');
    const { query, variables } = JSON.parse(requests[0]?.body ?? '');
    expect(query).toMatch(
      /account\(id: \$account\) \{ nrql\(query: \$nrql, timeout: \$timeout\) \{ results \}/,
    );
    expect(variables).toEqual({
      account: 1234567,
      nrql: `SELECT count(*) FROM Transaction WHERE arm = 'canary' SINCE ${batch?.from} UNTIL ${batch?.to}`,
      timeout: 2,
    });
  });

  const results = (...rows: readonly unknown[]) =>
    JSON.stringify({ data: { actor: { account: { nrql: { results: rows } } } } });

  test('a percentile is one level deeper', async () => {
    const { batches } = await service(() => results({ 'percentile.duration': { '95': 1.25 } }));
    expect(await batches(preset)).toMatchObject([{ canary: 1.25 }]);
  });

  test.each<[string, string, RegExp]>([
    [
      'an error, which comes with status 200',
      fixture('newrelic-error.json'),
      /answered with an error: NRQL Syntax Error/,
    ],
    ['several rows', results({ count: 1 }, { count: 2 }), /2 series.*leave out FACET and TIMESERIES/],
    ['several values', results({ count: 1, max: 2 }), /2 series.*select one value/],
    ['no row', results(), /its number is nothing/],
    ['null', results({ 'average.duration': null }), /its number is null/],
    ['a text', results({ latest: 'a' }), /its number is a text/],
    ['no account', '{"data":{"actor":{"account":null}}}', /its number is nothing/],
  ])('%s is no number, and named', async (_name, body, says) => {
    const { batches } = await service(() => body);
    const [batch] = await batches(preset);
    expect(batch).toMatchObject({ canary: null });
    expect(batch?.problem).toMatch(says);
  });
});

describe('graphite', () => {
  const target = 'sumSeries(stats.shop.canary.requests)';
  const preset = (url: string) =>
    httpJson(`${url}/graphite`, { canary: errors(target, target) }, { preset: 'graphite' });
  const gaugePreset = (url: string) => httpJson(url, { canary: gauge(target) }, { preset: 'graphite' });

  test('is asked to render the interval as JSON, and an amount is the sum of its points', async () => {
    const { requests, batches } = await service(() => fixture('graphite.json'));
    const [batch] = await batches(preset, { kind: 'errors' });
    expect(batch).toMatchObject({ canary: { failed: 42, total: 42 } });
    expect(requests[0]?.method).toBe('GET');
    expect(requests[0]?.url.pathname).toBe('/graphite/render');
    expect(Object.fromEntries(requests[0]?.url.searchParams ?? [])).toEqual({
      target,
      from: String((batch?.from ?? 0) / 1000),
      until: String((batch?.to ?? 0) / 1000),
      format: 'json',
    });
  });

  test('a gauge is the last point that has a value', async () => {
    const { batches } = await service(() => '[{"target":"x","datapoints":[[1,10],[2,20],[null,30]]}]');
    expect(await batches(gaugePreset)).toMatchObject([{ canary: 2 }]);
  });

  test.each<[string, string, RegExp]>([
    ['no series', '[]', /its number is nothing.*check the target/],
    [
      'no points',
      '[{"target":"x","datapoints":[]}]',
      /its number is nothing.*`every` is not shorter than the steps/,
    ],
    ['only empty points', '[{"target":"x","datapoints":[[null,10]]}]', /its number is nothing/],
    ['several series', '[{"datapoints":[[1,1]]},{"datapoints":[[2,1]]}]', /2 series.*sumSeries/],
    ['a text', '[{"datapoints":[["1",1]]}]', /one of its points is a text/],
  ])('%s is no number, and named', async (_name, body, says) => {
    const { batches } = await service(() => body);
    const [batch] = await batches(gaugePreset);
    expect(batch).toMatchObject({ canary: null });
    expect(batch?.problem).toMatch(says);
  });
});
