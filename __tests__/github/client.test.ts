import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createClient } from '../../src/github/client.js';
import { failureOf } from '../../src/github/errors.js';
import { fastClock, heardLog } from './time.js';

let server: Server;
let seen: IncomingMessage[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function connect(apiPath = '') {
  const clock = fastClock();
  const log = heardLog();
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${apiPath}`;
  const redact = (text: string) => text.replaceAll('hunter22', '***');
  const options = { token: 't', apiUrl, repository: 'acme/shop', redact, log, clock };
  return { client: createClient({ ...options, requestTimeoutMs: 500, retryBaseMs: 5 }), clock, log };
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (_: unknown, to: ServerResponse) =>
    to.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

test('each request names the version of the API, who asks, and the token', async () => {
  answer = json(200, { object: { sha: 'x' } });
  const { client } = connect();
  await client.octokit.request('GET /repos/{owner}/{repo}/git/ref/{ref}', {
    ...client.at,
    ref: 'heads/main',
  });
  expect(seen[0]?.url).toBe('/repos/acme/shop/git/ref/heads%2Fmain');
  expect(seen[0]?.headers).toMatchObject({ 'x-github-api-version': '2022-11-28', authorization: 'token t' });
  expect(seen[0]?.headers['user-agent']).toMatch(/^gated-release /);
});

test('no body leaves with a secret in it, whoever sends it', async () => {
  let body = '';
  answer = async (request, response) => {
    for await (const chunk of request) body += chunk;
    json(201, {})(request, response);
  };
  const { client } = connect();
  await client.octokit.request('POST /repos/{owner}/{repo}/issues', {
    ...client.at,
    title: 'hunter22',
    body: 'a hunter22 b',
  });
  expect(JSON.parse(body)).toEqual({ title: '***', body: 'a *** b' });
});

test('GitHub’s clock is read from its last answer, and goes on from there', async () => {
  const { client, clock } = connect();
  expect(Math.abs(client.serverTime() - clock.now())).toBeLessThan(50);
  answer = json(200, {}, { date: 'Thu, 01 Jan 2026 00:00:00 GMT' });
  await client.octokit.request('GET /repos/{owner}/{repo}', client.at);
  await clock.sleep(5_000);
  const ahead = client.serverTime() - Date.parse('2026-01-01T00:00:05Z');
  expect(ahead).toBeGreaterThanOrEqual(0);
  // The header has whole seconds, and the requests take their time.
  expect(ahead).toBeLessThan(3_000);
  answer = json(500, {}, { date: 'Thu, 01 Jan 2026 01:00:00 GMT' });
  await client.octokit
    .request('POST /repos/{owner}/{repo}/check-runs', { ...client.at, name: 'a', head_sha: 'b' })
    .catch(() => {});
  expect(client.serverTime()).toBeGreaterThanOrEqual(Date.parse('2026-01-01T01:00:00Z'));
});

test('a read is retried, a write is sent once', async () => {
  answer = json(502, { message: 'Bad Gateway' });
  const { client } = connect();
  await expect(client.octokit.request('GET /repos/{owner}/{repo}', client.at)).rejects.toMatchObject({
    status: 502,
  });
  expect(seen).toHaveLength(6);
  seen = [];
  await expect(
    client.octokit.request('POST /repos/{owner}/{repo}/git/trees', { ...client.at, tree: [] }),
  ).rejects.toMatchObject({
    status: 502,
  });
  expect(seen).toHaveLength(1);
  seen = [];
  await expect(client.octokit.graphql('mutation { x }')).rejects.toMatchObject({ status: 502 });
  expect(seen).toHaveLength(1);
});

test('a read that gets no answer at all is retried less often, since each attempt costs its whole time', async () => {
  answer = () => {};
  const { client } = connect();
  const read = client.octokit.request('GET /repos/{owner}/{repo}', client.at);
  expect(failureOf(await read.catch((error: unknown) => error)).kind).toBe('unreachable');
  expect(seen).toHaveLength(4);
});

test.each([
  ['hangs', () => {}],
  ['breaks the connection', (_: unknown, to: ServerResponse) => to.destroy()],
  [
    'breaks off in the middle of its answer',
    (_: unknown, to: ServerResponse) => {
      to.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"id":');
      setTimeout(() => to.destroy(), 20);
    },
  ],
  [
    'answers with a page of a proxy',
    (_: unknown, to: ServerResponse) => to.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello'),
  ],
])('a server that %s has given no answer', async (_name, behaviour) => {
  answer = behaviour;
  const { client } = connect();
  const write = client.octokit.request('POST /repos/{owner}/{repo}/check-runs', {
    ...client.at,
    name: 'a',
    head_sha: 'b',
  });
  expect(failureOf(await write.catch((error: unknown) => error)).kind).toBe('unreachable');
  expect(seen).toHaveLength(1);
});

test('a read waits for a rate limit that is soon over, with a line in the log, and not for a long one', async () => {
  let limited = 1;
  const limit = (seconds: number) => {
    const headers = { 'retry-after': String(seconds) };
    answer = (request, response) => {
      limited -= 1;
      if (limited >= 0)
        json(403, { message: 'You have exceeded a secondary rate limit' }, headers)(request, response);
      else json(200, {})(request, response);
    };
  };
  const { client, log } = connect();
  limit(1);
  await client.octokit.request('GET /repos/{owner}/{repo}', client.at);
  expect(log.lines).toEqual(['GitHub asks to wait 1 s (rate limit)']);
  limited = 1;
  limit(3600);
  const read = client.octokit.request('GET /repos/{owner}/{repo}', client.at);
  expect(failureOf(await read.catch((error: unknown) => error))).toMatchObject({
    kind: 'limited',
    waitMs: 3_600_000,
  });
});

test('on a server of one’s own, GraphQL is asked beside the API', async () => {
  answer = json(
    200,
    { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] },
    { 'retry-after': '7' },
  );
  const { client } = connect('/api/v3');
  const error = await client.octokit.graphql('mutation { x }').catch((failure: unknown) => failure);
  expect(seen[0]?.url).toBe('/api/graphql');
  expect(failureOf(error)).toMatchObject({ kind: 'limited', waitMs: 7_000 });
});
