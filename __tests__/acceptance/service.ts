import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** How a version answers; by its number of the request, so that a share is exact. */
export interface Behaviour {
  /** One of so many requests fails with 500; 0 never. */
  readonly failEvery?: number;
  readonly delayMs?: number;
  /** Only so many requests get an answer at all. */
  readonly answers?: number;
  readonly ready?: boolean;
}

/**
 * The service that is released: two slots whose versions, and the weight between them, are files that the plan's
 * scripts write. HTTP shows them as they are at the moment; `/metrics` counts what was answered, for Prometheus.
 */
export interface Service {
  readonly url: string;
  readonly directory: string;
  behaviour(version: string, behaviour: Behaviour): void;
  stable(): string;
  setStable(version: string): void;
  canary(): string | null;
  weight(): number;
  /** How many requests this version was sent, readiness not counted. */
  requests(version: string): number;
  /** What the scripts did, in order: `promote 1.2`, `weight 50`. */
  calls(): readonly string[];
  forgetCalls(): void;
  /** The bodies of what was posted to `<url>/hook`; `<url>/broken-hook` takes nothing. */
  posted(): readonly string[];
  stop(): Promise<void>;
}

export async function startService(directory: string): Promise<Service> {
  const behaviours = new Map<string, Behaviour>();
  const counts = new Map<string, number>();
  const posted: string[] = [];
  const answered = new Map<string, { total: number; failed: number }>();
  const read = (name: string): string | null => {
    const file = join(directory, name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
  };
  const server = createServer((request, response) => {
    if (request.url === '/broken-hook') return answer(response, 500, 'out of order');
    if (request.url === '/hook') {
      void text(request).then((body) => {
        posted.push(body);
        answer(response, 200, 'taken');
      });
      return;
    }
    if (request.url === '/metrics') return answer(response, 200, exposed(answered));
    const slot = request.url?.startsWith('/canary') ? 'canary' : 'stable';
    const version = read(slot);
    if (version === null || version === '') return answer(response, 503, 'nothing here');
    const behaviour = behaviours.get(version) ?? {};
    if (request.url?.endsWith('/ready'))
      return answer(response, behaviour.ready === false ? 503 : 200, version);
    const count = (counts.get(version) ?? 0) + 1;
    counts.set(version, count);
    if (count > (behaviour.answers ?? Number.POSITIVE_INFINITY)) return;
    const fails =
      behaviour.failEvery !== undefined && behaviour.failEvery > 0 && count % behaviour.failEvery === 0;
    const labels = `{arm="${slot}", version="${version}"}`;
    const seen = answered.get(labels) ?? { total: 0, failed: 0 };
    answered.set(labels, { total: seen.total + 1, failed: seen.failed + (fails ? 1 : 0) });
    setTimeout(() => answer(response, fails ? 500 : 200, version), behaviour.delayMs ?? 0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    directory,
    behaviour: (version, behaviour) => void behaviours.set(version, behaviour),
    stable: () => read('stable') ?? '',
    setStable: (version) => writeFileSync(join(directory, 'stable'), version),
    canary: () => read('canary') || null,
    weight: () => Number(read('weight') ?? 0),
    requests: (version) => counts.get(version) ?? 0,
    calls: () => (read('calls') ?? '').split('\n').filter((line) => line !== ''),
    posted: () => posted,
    forgetCalls: () => writeFileSync(join(directory, 'calls'), ''),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function exposed(answered: ReadonlyMap<string, { readonly total: number; readonly failed: number }>): string {
  const lines = [...answered].flatMap(([labels, { total, failed }]) => [
    `requests_total${labels} ${total}`,
    `failures_total${labels} ${failed}`,
  ]);
  return `${lines.join('\n')}\n`;
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(body);
}
