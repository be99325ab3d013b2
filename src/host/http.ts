import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { Http, HttpAnswer } from './contract.js';
import { networkReason } from './network-reason.js';

const LONGEST_BODY = 1024 * 1024;
const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

type Request = Parameters<Http['request']>[0];

/** What one hop asks; redirects change it. */
interface Hop {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** HTTP by Node alone: no proxy and no pool, since what is asked is the service itself, once in a while. */
export function createHttp(): Http {
  return { request: follow };
}

async function follow(request: Request): Promise<HttpAnswer> {
  const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(request.timeoutMs)));
  const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline;
  let hop = firstHop(request);
  const asked = `${hop.method} ${shown(hop.url)}`;
  try {
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const { location, ...answer } = await ask(hop, { ...request, signal });
      if (location === null) return answer;
      hop = nextHop(hop, answer.status, location);
    }
  } catch (cause) {
    const reason = why(cause, { deadline, signal, seconds: request.timeoutMs / 1000 });
    throw new Error(`${asked}: ${reason}`, { cause });
  }
  throw new Error(`${asked}: more than ${MOST_REDIRECTS} redirects, the last to ${shown(hop.url)}`);
}

function firstHop(request: Request): Hop {
  if (!URL.canParse(request.url)) {
    throw new Error(
      'not a URL: a URL such as https://shop.example/health is needed; check the variables in it',
    );
  }
  const url = new URL(request.url);
  checkProtocol(url);
  const { method = 'GET', headers = {}, body } = request;
  return { url, method, headers: { 'user-agent': 'gated-release', ...headers }, body };
}

function nextHop(hop: Hop, status: number, location: string): Hop {
  if (!URL.canParse(location, hop.url.href)) throw new Refusal('redirected to something that is not a URL');
  const url = new URL(location, hop.url);
  checkProtocol(url);
  const keepsBody = status === 307 || status === 308;
  return {
    url,
    method: keepsBody ? hop.method : 'GET',
    body: keepsBody ? hop.body : undefined,
    headers: url.origin === hop.url.origin ? hop.headers : withoutCredentials(hop.headers),
  };
}

/** Another host must not be handed what was meant for the first one. */
function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  const harmless = ['accept', 'content-type', 'user-agent'];
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => harmless.includes(name.toLowerCase())),
  );
}

function checkProtocol(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Refusal(`${url.protocol} is not supported, only http: and https:`);
  }
}

function ask(
  hop: Hop,
  { signal, ca, longestBody = LONGEST_BODY }: Pick<Request, 'ca' | 'longestBody'> & { signal: AbortSignal },
): Promise<HttpAnswer & { readonly location: string | null }> {
  return new Promise((resolve, reject) => {
    const send = hop.url.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers =
      hop.body === undefined
        ? hop.headers
        : { ...hop.headers, 'content-length': Buffer.byteLength(hop.body) };
    const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
    const options = { method: hop.method, headers, signal, agent: false as const, ...trusted };
    const outgoing = send(hop.url, options, (answer) => {
      readBody(answer, longestBody).then((body) => resolve({ ...headOf(answer), ...body }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(hop.body);
  });
}

function headOf({ statusCode: status = 0, headers }: IncomingMessage) {
  const date = Date.parse(headers.date ?? '');
  return {
    status,
    date: Number.isNaN(date) ? null : date,
    location: REDIRECTS.has(status) ? (headers.location ?? null) : null,
  };
}

async function readBody(answer: IncomingMessage, longest: number): Promise<{ body: string; isCut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop destroys the answer, so that an endless body is not read on.
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > longest) break;
  }
  return { body: Buffer.concat(chunks).subarray(0, longest).toString('utf8'), isCut: size > longest };
}

class Refusal extends Error {}

function why(
  cause: unknown,
  { deadline, signal, seconds }: { deadline: AbortSignal; signal: AbortSignal; seconds: number },
): string {
  if (cause instanceof Refusal) return cause.message;
  if (deadline.aborted) return `timed out after ${seconds} s`;
  if (signal.aborted) return 'stopped';
  return networkReason(cause);
}

/** Without userinfo and query, where secrets live. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
