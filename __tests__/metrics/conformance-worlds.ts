import type { IncomingMessage, ServerResponse } from 'node:http';
import { createClock } from '../../src/host/clock.js';
import type { Metric, ProbeSpec } from '../../src/plan/plan.js';
import { SECRET, type SourceCase, type State, WRITTEN_SECRET } from './conformance.js';
import { fastClock, portsOf, serve } from './world.js';

export const ENV = { SECRET, PASSWORD: SECRET };
export const HEADERS = { Authorization: `Bearer ${WRITTEN_SECRET}`, 'X-Key': '${SECRET}' };

/** With secrets before the host and in the path. */
export function withSecrets(url: string): string {
  return `${url.replace('http://', 'http://release:${PASSWORD}@')}/\${SECRET}`;
}

/** A source that is asked over HTTP. Unless time is real, it is the clock's own, and the server has the same. */
export function overHttp(
  metricFor: (url: string) => Metric,
  answers: Readonly<Record<State, Answer>>,
  time: 'fast' | 'real' = 'fast',
): Pick<SourceCase, 'enter'> {
  return {
    async enter(state) {
      const clock = time === 'fast' ? fastClock() : createClock();
      const server = await serve(async (request, response) => {
        response.setHeader('date', new Date(clock.now()).toUTCString());
        await answers[state](request, response);
      });
      if (state === 'down') server.close();
      return {
        metric: hurried(metricFor(server.url)),
        ports: portsOf({ env: ENV, clock }),
        close: () => server.close(),
      };
    },
  };
}

function hurried(metric: Metric): Metric {
  const { source } = metric;
  return source.kind === 'run' ? metric : { ...metric, source: { ...source, timeoutMs: 300 } };
}

export function withHeader(metric: Metric): Metric {
  const { source } = metric;
  if (source.kind !== 'prometheus' && source.kind !== 'http-json') return metric;
  return { ...metric, source: { ...source, headers: { 'X-Key': `${WRITTEN_SECRET}\${NOWHERE}` } } };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const hang: Answer = () => undefined;

/** A server may show all that it was sent, and begin with what is worst. */
const echo: Answer = async (request, response) => {
  const { 'x-key': key, authorization } = request.headers;
  const error = `${key} ${authorization} ${request.url} ${await bodyOf(request)}`;
  response.writeHead(401).end(JSON.stringify({ error, status: 'error', errorType: 'unauthorized' }));
};

export const prometheusAnswers: Record<State, Answer> = {
  healthy: series((arm, time) => [`{"arm":"${arm}"}`, String(time)]),
  'canary missing': series((arm, time) => (arm === 'canary' ? null : ['{}', String(time)])),
  down: hang,
  slow: hang,
  'of another type': (_request, response) =>
    void response.end('{"status":"success","data":{"resultType":"streams","result":[]}}'),
  NaN: series((arm) => [`{"__name__":"total","arm":"${arm}"}`, 'NaN']),
  'telling secrets': echo,
};

/** One series with a counter that rises with the time it is asked about. */
function series(of: (arm: string, time: number) => readonly [labels: string, value: string] | null): Answer {
  return async (request, response) => {
    const form = new URLSearchParams(await bodyOf(request));
    const time = Number(form.get('time'));
    const found = of(form.get('query')?.includes('canary') ? 'canary' : 'baseline', time);
    const result = found === null ? '' : `{"metric":${found[0]},"value":[${time},"${found[1]}"]}`;
    response.end(`{"status":"success","data":{"resultType":"vector","result":[${result}]}}`);
  };
}

export const jsonAnswers: Record<State, Answer> = {
  healthy: (_request, response) => void response.end('{"data": [{"count": 12}]}'),
  'canary missing': (request, response) =>
    void response.end(`{"data": [{"count": ${request.url?.includes('canary') ? 'null' : '12'}}]}`),
  down: hang,
  slow: hang,
  'of another type': (_request, response) => void response.end('{"data": [{"count": "12"}]}'),
  NaN: (_request, response) => void response.end('{"data": [{"count": NaN}]}'),
  'telling secrets': echo,
};

export const SCRIPTS: Readonly<Record<State, string>> = {
  healthy: 'echo \'{"canary": {"failed": 1, "total": 10}, "baseline": {"failed": 2, "total": 20}}\'',
  'canary missing': 'echo \'{"canary": null, "baseline": {"failed": 2, "total": 20}}\'',
  down: 'echo no route to metrics >&2; exit 7',
  slow: 'sleep 60',
  'of another type': 'echo \'{"canary": {"failed": "1", "total": 10}}\'',
  NaN: 'echo \'{"canary": {"failed": NaN, "total": 10}}\'',
  'telling secrets': 'echo "got $SECRET" >&2; exit 1',
};

const ok: Answer = (_request, response) => void response.end('ok');
export const probeAnswers: Record<State, Answer> = {
  healthy: ok,
  'canary missing': (request, response) =>
    void response.writeHead(request.url === '/canary' ? 404 : 200).end(),
  down: hang,
  slow: hang,
  'of another type': ok,
  NaN: ok,
  'telling secrets': echo,
};

export function probe(url: string): ProbeSpec {
  return {
    kind: 'probe',
    canary: { url: `${url}/canary`, headers: HEADERS },
    baseline: { url: `${url}/`, headers: HEADERS },
    perSecond: 20,
    timeoutMs: 300,
    expect: { status: [[200, 399]], body: null },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
