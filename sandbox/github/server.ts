import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, Refusal } from './answer.js';
import { type Faults, type Outcome, underFault } from './faults.js';
import { answerGraphql, rootFields } from './graphql/endpoint.js';
import { exceeded, quotaHeaders, type Resource } from './rate-limits.js';
import type { RequestRecord, Violation } from './records.js';
import { answerRest, type Report, refusalAnswer } from './rest-endpoint.js';
import { findRoute, type Match } from './router.js';
import type { TokenBook } from './token-book.js';
import { ANONYMOUS, type Caller } from './tokens.js';
import type { World } from './world.js';

export interface ServerState {
  readonly world: World;
  readonly faults: Faults;
  readonly requests: RequestRecord[];
  readonly violations: Violation[];
  readonly tokens: TokenBook;
  latencyMs: number;
  /** Requests so far. */
  count: number;
}

/** One request, read and recognised. */
interface Exchange {
  readonly state: ServerState;
  readonly record: RequestRecord;
  readonly url: URL;
  /** Undefined when there is none; a `SyntaxError` when it is not JSON. */
  readonly body: unknown;
  readonly accept: string;
  /** Null when the token is not known. */
  readonly caller: Caller | null;
  readonly resource: Resource;
  readonly match: Match | null;
  readonly operations: readonly string[];
}

/** Listens on a free port of the loopback interface. */
export async function listen(): Promise<Server> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  return server;
}

export function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers one request; never rejects. */
export async function serve(
  state: ServerState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = recognise(state, request, await readAll(request));
  const { record } = exchange;
  const fault = state.faults.take({
    method: record.method,
    path: record.path,
    operations: exchange.operations,
    token: record.token,
  });
  if (fault !== null) record.fault = fault.kind;
  if (state.latencyMs > 0) await sleep(state.latencyMs);
  const outcome = await underFault({ fault, resource: exchange.resource, now: state.world.now() }, () =>
    answer(exchange),
  );
  record.endedAt = performance.now();
  deliver(exchange, response, outcome);
}

function recognise(state: ServerState, request: IncomingMessage, text: string): Exchange {
  const url = new URL(request.url ?? '/', state.world.origin);
  const method = request.method ?? 'GET';
  const body = parseJson(text);
  const isGraphql = url.pathname === '/graphql';
  const match = isGraphql ? null : matchOf(method, url.pathname);
  const fields = isGraphql && isRecord(body) ? rootFields(body) : [];
  const operations = isGraphql ? fields : match === null ? [] : [match.route.operation];
  const caller = callerOf(state, request.headers.authorization);
  const startedAt = performance.now();
  state.count += 1;
  const record: RequestRecord = {
    seq: state.count,
    method,
    path: url.pathname + url.search,
    route: operations.join(',') || 'unknown',
    status: 0,
    startedAt,
    endedAt: startedAt,
    token: caller?.name ?? 'unknown',
    body: body instanceof SyntaxError ? text : body,
  };
  state.requests.push(record);
  const resource = isGraphql ? 'graphql' : 'core';
  return {
    state,
    record,
    url,
    body,
    accept: request.headers.accept ?? '',
    caller,
    resource,
    match,
    operations,
  };
}

function matchOf(method: string, pathname: string): Match | null {
  try {
    return findRoute(method, pathname);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function callerOf({ tokens }: ServerState, authorization: string | undefined): Caller | null {
  if (authorization === undefined) return ANONYMOUS;
  return tokens.caller(authorization.replace(/^(token|bearer)\s+/i, ''));
}

async function answer(exchange: Exchange): Promise<Answer> {
  const { state, record } = exchange;
  const report: Report = (direction, problems) => {
    state.violations.push({ seq: record.seq, direction, route: record.route, problems });
  };
  try {
    return await admitted(exchange, report);
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error, exchange.match?.route.operation ?? null);
    report('response', [
      `the sandbox failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    ]);
    return { status: 500, body: { message: 'Server Error' } };
  }
}

async function admitted(exchange: Exchange, report: Report): Promise<Answer> {
  const { state, caller, resource, body, match } = exchange;
  if (caller === null) throw new Refusal(401, 'Bad credentials');
  if (body instanceof SyntaxError) throw new Refusal(400, 'Problems parsing JSON');
  if (resource === 'graphql') return graphqlAnswer(exchange, caller, report);
  // Asking for the limit costs nothing.
  if (match?.route.operation !== 'rate-limit/get') state.world.rateLimits.take(caller.name, 'core');
  return answerRest({ ...exchange, world: state.world, caller }, report);
}

async function graphqlAnswer(
  { state, record, body }: Exchange,
  caller: Caller,
  report: Report,
): Promise<Answer> {
  if (record.method !== 'POST') throw new Refusal(404, 'Not Found');
  if (caller.kind === 'anonymous') throw new Refusal(401, 'This endpoint requires you to be authenticated.');
  try {
    state.world.rateLimits.take(caller.name, 'graphql');
  } catch {
    return { status: 200, body: { errors: [{ type: 'RATE_LIMITED', message: exceeded().message }] } };
  }
  const outcome = await answerGraphql({ world: state.world, caller }, isRecord(body) ? body : {});
  if (outcome.violations.length > 0) report('request', outcome.violations);
  return { status: 200, body: outcome.body };
}

function deliver(exchange: Exchange, response: ServerResponse, outcome: Outcome): void {
  const { state, record, caller, resource } = exchange;
  if (outcome === 'hang') return;
  if (outcome === 'drop') {
    response.destroy();
    return;
  }
  const { status, body, headers = {} } = outcome;
  record.status = status;
  record.responseBody = Buffer.isBuffer(body) ? body.toString() : body;
  const isText = typeof body === 'string' || Buffer.isBuffer(body);
  response.sendDate = false;
  response.writeHead(status, {
    date: new Date(state.world.now()).toUTCString(),
    'x-github-request-id': randomBytes(8).toString('hex').toUpperCase(),
    'x-github-api-version-selected': '2022-11-28',
    ...quotaHeaders(state.world.rateLimits.quota(caller?.name ?? ANONYMOUS.name, resource), resource),
    ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...headers,
  });
  response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body));
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  // A client that goes away in the middle has sent what it has sent.
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {}
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Error);
}
