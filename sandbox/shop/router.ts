import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Counter, Requests, Slot } from './contract.js';
import type { Instance } from './instance.js';

export interface Router {
  readonly servers: Readonly<Record<'public' | Slot, Server>>;
  requests(): Requests;
}

/** Three ways in: the public one, which chooses an arm for each request, and one straight to each arm. */
export function createRouter(platform: {
  readonly instance: (slot: Slot) => Instance | null;
  readonly weight: () => number;
  readonly maintenance: () => boolean;
}): Router {
  const counters = {
    public: { stable: counter(), canary: counter() },
    direct: { stable: counter(), canary: counter() },
  };
  let turn = 0;

  const serve = (
    door: 'public' | 'direct',
    slot: Slot,
    incoming: IncomingMessage,
    response: ServerResponse,
  ) => {
    const count = counters[door][slot];
    count.total++;
    response.once('finish', () => {
      if (response.statusCode >= 500) count.failed++;
    });
    forward({ slot, instance: platform.instance(slot), incoming, response });
  };

  return {
    servers: {
      public: createServer((incoming, response) => {
        if (platform.maintenance()) return refuse(response, 'The shop is closed for maintenance.');
        const wished = incoming.headers['x-shop-arm'];
        const slot =
          wished === 'stable' || wished === 'canary' ? wished : chooseArm(turn++, platform.weight());
        serve('public', slot, incoming, response);
      }),
      stable: createServer((incoming, response) => serve('direct', 'stable', incoming, response)),
      canary: createServer((incoming, response) => serve('direct', 'canary', incoming, response)),
    },
    requests: () => structuredClone(counters),
  };
}

/**
 * Spreads the canary's share evenly: the fractions of `turn` times the golden ratio fill 0 to 1 without clusters
 * and without a period that a customer's own rhythm could fall in with. The count is off by two requests at most.
 */
export function chooseArm(turn: number, weight: number): Slot {
  return (0.5 + turn * 0.6180339887498949) % 1 < weight / 100 ? 'canary' : 'stable';
}

function forward(options: {
  readonly slot: Slot;
  readonly instance: Instance | null;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
}): void {
  const { slot, instance, incoming, response } = options;
  response.setHeader('x-shop-arm', slot);
  if (instance === null) {
    incoming.resume();
    refuse(response, `Nothing runs in the slot ${slot}.`);
    return;
  }
  instance.inFlight++;
  response.once('close', () => {
    instance.inFlight--;
  });
  const { host: _, connection: __, ...headers } = incoming.headers;
  const outgoing = request(
    {
      host: '127.0.0.1',
      port: instance.port,
      agent: instance.agent,
      method: incoming.method,
      path: incoming.url,
      headers,
    },
    (answer) => {
      const { connection: ___, 'keep-alive': ____, ...kept } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, kept);
      answer.pipe(response);
    },
  );
  outgoing.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else refuse(response, `The shop in the slot ${slot} does not answer: ${error.message}.`, 502);
  });
  // A customer who hangs up; an answer that went out whole leaves its connection to the next request.
  response.once('close', () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  incoming.pipe(outgoing);
}

function refuse(response: ServerResponse, message: string, status = 503): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}

function counter(): { -readonly [key in keyof Counter]: number } {
  return { total: 0, failed: 0 };
}
