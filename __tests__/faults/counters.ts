import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What Prometheus would answer about a service with 100 requests a second on each arm. */
export interface Counters {
  readonly url: string;
  close(): void;
}

/**
 * Counters of requests and of failures that rise with the time that is asked about, so that a day can be asked about
 * that never was. From `badFrom` on, in milliseconds since 1970, a third of the canary's requests fail.
 */
export async function startCounters(
  options: { readonly now?: () => number; readonly badFrom?: number } = {},
): Promise<Counters> {
  const { now = Date.now, badFrom = Number.POSITIVE_INFINITY } = options;
  const readingOf = (query: string, seconds: number): number => {
    if (query.startsWith('total')) return Math.floor(100 * seconds);
    const since = Math.max(0, seconds - badFrom / 1000);
    return query.includes('canary') ? Math.floor(33 * since) : 0;
  };
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const query = form.get('query') ?? '';
    const point = (at: number): [number, string] => [at, String(readingOf(query, at))];
    const single = form.get('time');
    const series = single
      ? { metric: { query }, value: point(Number(single)) }
      : { metric: { query }, values: momentsOf(form).map(point) };
    const data = { resultType: single ? 'vector' : 'matrix', result: [series] };
    response.writeHead(200, { 'content-type': 'application/json', date: new Date(now()).toUTCString() });
    response.end(JSON.stringify({ status: 'success', data }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function momentsOf(form: URLSearchParams): readonly number[] {
  const [start = 0, end = 0, step = 1] = ['start', 'end', 'step'].map((name) => Number(form.get(name)));
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
}
