import type { ClientRequest, IncomingMessage } from 'node:http';
import { isOwnFault, isReset, networkReason } from '../host/network-reason.js';
import type { ProbeSpec } from '../plan/plan.js';
import type { Target } from './target.js';

const LONGEST_BODY = 1024 * 1024;

/** How one request ended. `unmeasured`: this machine could not ask, which says nothing about the service. */
export type ShotEnd =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'unmeasured'; readonly reason: string };

export interface Shot {
  readonly ended: Promise<ShotEnd>;
  /** Gives it up; `ended` then never settles. */
  cancel(): void;
}

interface Asked {
  readonly target: Target;
  readonly expect: ProbeSpec['expect'];
  readonly timeoutMs: number;
}

/** Sends one GET. Redirects are not followed: their status is what the service answers. */
export function shoot({ target, expect, timeoutMs }: Asked): Shot {
  let current: ClientRequest | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
    current?.destroy();
  };

  const ended = new Promise<ShotEnd>((resolve) => {
    const end = (result: ShotEnd) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      resolve(result);
    };
    const send = (agent: Target['agent'] | false) => {
      const request = target.send(target.url, { headers: target.headers, agent });
      current = request;
      let hasAnswer = false;
      request.on('response', (answer) => {
        hasAnswer = true;
        judge(answer, expect).then(end);
      });
      request.on('error', (error) => {
        // A kept connection may be closed by the server in the very moment it is used again. Every client asks
        // once more then, and no user notices.
        if (!hasAnswer && !isOver && request.reusedSocket && isReset(error)) send(false);
        else if (!hasAnswer) end(failureOf(error));
      });
      request.end();
    };
    timer = setTimeout(() => {
      end({ kind: 'timed-out' });
      current?.destroy();
    }, timeoutMs);
    send(target.agent);
  });
  // What Node refuses to send at all is no answer of the service.
  const settled = ended.catch(
    (error: unknown): ShotEnd => ({ kind: 'unmeasured', reason: networkReason(error) }),
  );
  return { ended: settled, cancel: stop };
}

function failureOf(error: unknown): ShotEnd {
  const reason = networkReason(error);
  return isOwnFault(error) ? { kind: 'unmeasured', reason } : { kind: 'failed', reason };
}

async function judge(answer: IncomingMessage, expect: ProbeSpec['expect']): Promise<ShotEnd> {
  const body = await readBody(answer, expect.body !== null).catch(() => null);
  const status = answer.statusCode ?? 0;
  if (!expect.status.some(([from, to]) => status >= from && status <= to)) {
    return { kind: 'failed', reason: `status ${status}` };
  }
  if (body === null) return { kind: 'failed', reason: 'answer broke off' };
  if (expect.body !== null && !body.includes(expect.body)) {
    return { kind: 'failed', reason: 'body without the expected text' };
  }
  return { kind: 'ok' };
}

/** Reads to the end, since an answer is there when all of it is, but no endless one. */
async function readBody(answer: IncomingMessage, keep: boolean): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (keep) chunks.push(chunk.subarray(0, LONGEST_BODY - size));
    size += chunk.length;
    if (size >= LONGEST_BODY) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
