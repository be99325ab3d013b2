import { Octokit as Core } from '@octokit/core';
import { paginateRest } from '@octokit/plugin-paginate-rest';
import { retry } from '@octokit/plugin-retry';
import { type ThrottlingOptions, throttling } from '@octokit/plugin-throttling';
import type { Clock, Log } from '../host/contract.js';
import { limitLine } from './insist.js';
import { redactBody } from './outgoing.js';
import { createPace } from './pace.js';

const API_VERSION = '2022-11-28';
const REQUEST_TIMEOUT_MS = 15_000;
const RETRY_BASE_MS = 500;
/** Of a read, 28 s in all: while a fifth of all requests fail, one of some ten thousand reads does. */
const RETRIES = 5;
/** Where each attempt costs the whole time of a request. */
const RETRIES_AFTER_TIMEOUT = 3;
/** What one read may wait for a rate limit, each time, at most three times. */
const LIMIT_WAIT_S = 60;
const LIMIT_WAITS = 3;

const Plugged = Core.plugin(fewerAfterTimeout, paginateRest, retry, throttling);

export type Octokit = InstanceType<typeof Plugged>;

/** GitHub's REST and GraphQL, spoken safely: reads are retried, writes are sent once and never twice by themselves. */
export interface Client {
  readonly octokit: Octokit;
  /** To spread into each REST call. */
  readonly at: { readonly owner: string; readonly repo: string };
  /** GitHub's clock, in milliseconds since 1970; this machine's before any answer. */
  serverTime(): number;
}

export interface ClientOptions {
  readonly token: string;
  /** `https://api.github.com`, or `https://<host>/api/v3` on a server of one's own. */
  readonly apiUrl: string;
  /** `owner/name` */
  readonly repository: string;
  readonly redact: (text: string) => string;
  readonly log: Log;
  readonly clock: Clock;
  /** Of one request; 15 seconds by default. */
  readonly requestTimeoutMs?: number;
  /** Retries of a read come after 1, 4, 9, 16 and 25 times this; 500 by default. */
  readonly retryBaseMs?: number;
}

export function createClient(options: ClientOptions): Client {
  const { token, apiUrl, repository, log, clock, retryBaseMs = RETRY_BASE_MS } = options;
  const [owner = '', repo = ''] = repository.split('/');
  const time = createServerTime(clock);
  const octokit = new Plugged({
    auth: token,
    baseUrl: apiUrl,
    userAgent: 'gated-release',
    log: quiet(log),
    request: { fetch: guardedFetch({ ...options, observe: time.observe }) },
    // 429 is waited out by the throttling plugin, which knows for how long.
    retry: {
      retries: RETRIES,
      retryAfterBaseValue: retryBaseMs,
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451],
    },
    throttle: throttle({ log, clock }),
  });
  // A write without an answer may have happened: whoever made it must read back first (see insist.ts).
  octokit.hook.before('request', (request) => {
    // A GraphQL query is sent as a POST and writes nothing; who sends one says so.
    if (request.method !== 'GET' && request.request?.isRead !== true)
      request.request = { ...request.request, retries: 0 };
  });
  return { octokit, at: { owner, repo }, serverTime: time.now };
}

/** A plugin: its hook must be inside of the one that retries, and so comes first. */
function fewerAfterTimeout(octokit: Core): Record<string, never> {
  octokit.hook.error('request', (error, { request }) => {
    const { name } = (error.cause ?? {}) as { readonly name?: unknown };
    if (name === 'TimeoutError' && request)
      request.retries = Math.min(Number(request.retries ?? RETRIES), RETRIES_AFTER_TIMEOUT);
    throw error;
  });
  return {};
}

/** Adds what each request needs, takes each answer as a whole or not at all, and reads GitHub's clock from it. */
function guardedFetch({
  redact,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
  observe,
}: ClientOptions & { readonly observe: (date: string | null) => void }): typeof fetch {
  return async (url, init = {}) => {
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const body = typeof init.body === 'string' ? redactBody(init.body, redact) : (init.body ?? null);
    const headers = { ...(init.headers as Record<string, string>), 'x-github-api-version': API_VERSION };
    const response = await fetch(url, { ...init, body, headers, signal });
    // Octokit takes a body that breaks off, or is a proxy's page, for data; here it is a failed request.
    const text = await response.text();
    observe(response.headers.get('date'));
    if (response.ok && !isJson(text)) throw new Error('the answer is not JSON');
    return new Response(text === '' ? null : text, {
      status: response.status,
      statusText: response.statusText,
      headers: Object.fromEntries(response.headers),
    });
  };
}

function isJson(text: string): boolean {
  if (text === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function throttle({ log, clock }: { readonly log: Log; readonly clock: Clock }): ThrottlingOptions {
  const pace = createPace(clock);
  const pass = { schedule: async (_job: unknown, work: () => Promise<unknown>) => pace().then(work) };
  const onLimit = (
    seconds: number,
    request: { readonly method: string },
    _octokit: unknown,
    waited: number,
  ) => {
    // Writes wait in insist.ts, where the wait can be cut short and counts against the time of the whole write.
    if (request.method !== 'GET' || seconds > LIMIT_WAIT_S || waited >= LIMIT_WAITS) return false;
    log.info(limitLine(seconds));
    return true;
  };
  const group = { key: () => pass } as unknown as NonNullable<ThrottlingOptions['write']>;
  return { onRateLimit: onLimit, onSecondaryRateLimit: onLimit, write: group, notifications: group };
}

function createServerTime(clock: Clock) {
  let ahead = 0;
  return {
    now: () => clock.now() + ahead,
    observe: (date: string | null) => {
      const at = Date.parse(date ?? '');
      if (!Number.isFinite(at)) return;
      // The header is cut to whole seconds: a time within its second agrees with it, and is the more exact one.
      const off = at - (clock.now() + ahead);
      if (off > 0) ahead += off;
      else if (off <= -1000) ahead += off + 500;
    },
  };
}

/** Octokit warns about each failed request; our own lines say what failed and what it means. */
function quiet(log: Log) {
  const nothing = () => {};
  return { debug: nothing, info: nothing, warn: nothing, error: (message: string) => log.info(message) };
}
