import { Agent, get } from 'node:http';
import type { Counter } from '../shop/contract.js';

export interface Customers {
  /** Of all requests that were answered, or broke, so far. */
  counts(): Counter;
  /** Lets the requests under way end. May be called twice. */
  stop(): Promise<void>;
}

export const REQUESTS_PER_SECOND = 40;

/** People who look at their orders, at a steady rate, whatever happens behind the address. */
export function sendCustomers(url: string): Customers {
  const agent = new Agent({ keepAlive: true });
  const open = new Set<Promise<void>>();
  let total = 0;
  let failed = 0;
  const send = () => {
    const asked = ask(url, agent).then((isOk) => {
      total++;
      if (!isOk) failed++;
      open.delete(asked);
    });
    open.add(asked);
  };
  const timer = setInterval(send, 1000 / REQUESTS_PER_SECOND);
  return {
    counts: () => ({ total, failed }),
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
    },
  };
}

/** True for an answer below 500 that arrived whole within 5 seconds. */
function ask(url: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent, timeout: 5000 }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve((answer.statusCode ?? 500) < 500));
      answer.once('close', () => resolve(false));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}
