import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectDecision } from './claims.js';
import { quickCanary, quickPlan } from './quick-plan.js';
import { type Released, type Scenario, startScenario } from './scenario.js';

const AT = 1_700_000_000;

function vector(...values: readonly string[]): string {
  const result = values.map((value, i) => ({ metric: { pod: `p${i}` }, value: [AT, value] }));
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
}

const refused = (errorType: string, error: string) => JSON.stringify({ status: 'error', errorType, error });

type Answer = (response: ServerResponse, asked: string) => void;
const says =
  (body: string, status = 200): Answer =>
  (response) =>
    void response.writeHead(status).end(body);

interface Case {
  readonly answer: Answer;
  readonly words: RegExp;
}

/** What a server of Prometheus' API may answer to the query of a gauge. */
const PROMETHEUS: Readonly<Record<string, Case>> = {
  'no-series': { answer: says(vector()), words: /found no series, and no data is never a pass/ },
  nan: { answer: says(vector('NaN')), words: /answered NaN .*, and a finite number is needed/ },
  infinite: { answer: says(vector('+Inf')), words: /answered Infinity/ },
  'several-series': { answer: says(vector('1', '2')), words: /answered 2 series/ },
  warned: {
    answer: says(vector('1').replace('"success"', '"success","warnings":["a shard is away"]')),
    words: /a shard is away/,
  },
  'bad-query': { answer: says(refused('bad_data', 'unknown function'), 400), words: /400.*unknown function/ },
  unauthorised: { answer: says('who are you', 401), words: /401/ },
  'too-long': { answer: says(refused('timeout', 'query timed out'), 503), words: /503.*query timed out/ },
  'login-page': { answer: says('<html>Sign in</html>'), words: /Sign in/ },
  'half-json': {
    answer: says('{"status":"success","data":'),
    words: /which is no answer of the Prometheus API/,
  },
  'another-shape': { answer: says('{"status":"success","data":[1]}'), words: /no resultType/ },
  'a-range': {
    answer: says(`{"status":"success","data":{"resultType":"matrix","result":[{"values":[[${AT},"1"]]}]}}`),
    words: /the values of a range/,
  },
  hanging: { answer: () => undefined, words: /timed out after 0\.4 s/ },
  'hanging-up': {
    answer: (response) => void response.destroy(),
    words: /connection closed without an answer/,
  },
};

/** The same of a service that answers JSON. */
const JSON_ANSWERS: Readonly<Record<string, Case>> = {
  nothing: { answer: says('{"data": {}}'), words: /at data\.count is nothing/ },
  'a-null': { answer: says('{"data": {"count": null}}'), words: /null/ },
  'a-text': { answer: says('{"data": {"count": "12"}}'), words: /text/ },
  'not-a-number': { answer: says('{"data": {"count": NaN}}'), words: /JSON/ },
  'too-large': { answer: says('{"data": {"count": 1e999}}'), words: /finite|Infinity/ },
  forbidden: { answer: says('{"error": "no"}', 403), words: /403/ },
  broken: { answer: says('oops', 500), words: /500/ },
  silent: { answer: () => undefined, words: /timed out after 0\.4 s/ },
};

/** Scripts, of which the last line says what both arms did. */
const RUN: Readonly<Record<string, { readonly script: string; readonly words: RegExp }>> = {
  'exits-3': { script: 'echo away >&2; exit 3', words: /3.*away/ },
  'prints-text': { script: 'echo all is well', words: /JSON/ },
  'prints-nothing': { script: 'true', words: /\S/ },
  'prints-null': { script: 'echo \'{"canary": null}\'', words: /\S/ },
  'runs-long': { script: 'sleep 30', words: /did not end within its timeout of 0\.5 s/ },
};

const gauge = { kind: 'gauge', limit: '<= 5', 'minimum-samples': 1 };
const errors = { kind: 'errors', limit: '50%', 'minimum-samples': 1 };
const often = { every: '1s', timeout: '3s', delay: '0s' };
/** Those that never answer are not waited for. */
const HANGING = ['hanging', 'silent'];
const patience = (name: string) => (HANGING.includes(name) ? { ...often, timeout: '400ms' } : often);

const METRICS: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    Object.keys(PROMETHEUS).map((name) => [
      name,
      { ...gauge, prometheus: { ...patience(name), url: `\${METRICS}/${name}`, canary: 'a' } },
    ]),
  ),
  ...Object.fromEntries(
    Object.keys(JSON_ANSWERS).map((name) => [
      name,
      { ...gauge, 'http-json': { ...patience(name), url: `\${METRICS}/${name}`, path: 'data.count' } },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(RUN).map(([name, { script }]) => [
      name,
      { ...errors, run: { run: script, every: '1s', timeout: name === 'runs-long' ? '500ms' : '3s' } },
    ]),
  ),
  refuses: { ...gauge, prometheus: { ...often, url: 'http://127.0.0.1:9', canary: 'a' } },
  'refuses-json': { ...gauge, 'http-json': { ...often, url: 'http://127.0.0.1:9/', path: 'data.count' } },
  'below-zero': {
    ...errors,
    prometheus: {
      ...often,
      url: '${METRICS}/below-zero',
      canary: { failed: 'a[{{window}}]', total: 'b[{{window}}]' },
    },
  },
  'more-than-all': {
    ...errors,
    run: { run: 'echo \'{"canary": {"failed": 9, "total": 3}}\'', every: '1s', timeout: '3s' },
  },
  // What is well measured beside them is no error, so that the rest is not red for another reason.
  sound: { ...gauge, prometheus: { ...often, url: '${METRICS}/sound', canary: 'a' } },
};

const OTHER_WORDS: Readonly<Record<string, RegExp>> = {
  refuses: /ECONNREFUSED|refused/,
  'refuses-json': /ECONNREFUSED|refused/,
  'below-zero': /-1/,
  'more-than-all': /9.*3/,
};

const ANSWERS: Readonly<Record<string, Answer>> = {
  ...Object.fromEntries(Object.entries(PROMETHEUS).map(([name, { answer }]) => [name, answer])),
  ...Object.fromEntries(Object.entries(JSON_ANSWERS).map(([name, { answer }]) => [name, answer])),
  'below-zero': says(vector('-1')),
  sound: says(vector('1')),
};

const WORDS: readonly (readonly [name: string, words: RegExp])[] = [
  ...Object.entries({ ...PROMETHEUS, ...JSON_ANSWERS, ...RUN }).map(
    ([name, { words }]) => [name, words] as const,
  ),
  ...Object.entries(OTHER_WORDS),
];

interface Verdict {
  readonly metric: string;
  readonly verdict: string;
  readonly reason: string;
}

/** One release whose metrics each have another fault: what becomes of one does not depend on the others. */
describe('a source that cannot be believed', () => {
  let scenario: Scenario;
  let done: Released;
  let verdicts: ReadonlyMap<string, Verdict>;

  beforeAll(async () => {
    const plan = quickPlan({
      metrics: METRICS,
      canary: quickCanary({ steps: [{ weight: 10, for: '5s' }] }),
    });
    scenario = await startScenario({ plan });
    const server = await serve();
    done = await scenario.release({ version: '1.2', env: { METRICS: server.url } });
    server.close();
    const stages = done.result.stages as { name: string; metrics: Verdict[] }[];
    const judged = stages.find(({ name }) => name === 'canary')?.metrics ?? [];
    verdicts = new Map(judged.map((one) => [one.metric, one]));
  }, 60_000);

  afterAll(() => scenario?.stop());

  test('takes the canary back, with a reason of its own', () => {
    expectDecision(scenario, done, { decision: 'rolled-back', reason: 'metric-errored' });
    expect(scenario.service.stable()).toBe('1.0');
    expect(scenario.service.calls()).not.toContain('promote 1.2');
    expect(verdicts.get('sound')?.verdict).not.toBe('errored');
  });

  test.each(WORDS)('%s is an error of its metric and no pass', (name, words) => {
    expect(verdicts.get(name)).toMatchObject({ verdict: 'errored', reason: expect.stringMatching(words) });
  });
});

async function serve(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request: IncomingMessage, response) => {
    const name = request.url?.split(/[/?]/)[1] ?? '';
    void text(request).then((asked) => ANSWERS[name]?.(response, asked));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
