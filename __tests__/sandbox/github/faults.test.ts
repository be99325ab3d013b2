import { expect, test } from '@jest/globals';
import { here, started, TOKEN } from './started.js';

const blob = { body: { content: 'x' } };

async function failure(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => null,
    (error: unknown) => error,
  );
}

test('a fault meets as many matching requests as it says, after those that it skips', async () => {
  const { github, call } = await started();
  github.fault({ match: { operation: 'git/create-blob' }, kind: 'status', status: 502, times: 2, skip: 1 });
  const statuses = [];
  for (let n = 0; n < 5; n += 1) statuses.push((await call('POST', '~/git/blobs', blob)).status);
  expect(statuses).toEqual([201, 502, 502, 201, 201]);
  expect((await call('GET', '~')).status).toBe(200);
  expect(github.requests.map(({ fault }) => fault)).toEqual([
    undefined,
    'status',
    'status',
    undefined,
    undefined,
    undefined,
  ]);
});

test('a fault without end can be taken away', async () => {
  const { github, call } = await started();
  github.fault({
    match: { path: /\/git\//, method: 'POST' },
    kind: 'status',
    times: Number.POSITIVE_INFINITY,
  });
  expect((await call('POST', '~/git/blobs', blob)).status).toBe(500);
  expect((await call('POST', '~/git/blobs', blob)).status).toBe(500);
  github.clearFaults();
  expect((await call('POST', '~/git/blobs', blob)).status).toBe(201);
});

test.each([
  ['drop-before', undefined, false],
  ['drop-after', undefined, true],
  ['status', 'before', false],
  ['status', 'after', true],
  ['garbage', undefined, true],
] as const)('%s %s: whether the write happened is %s', async (kind, when, happened) => {
  const { github, first, call } = await started();
  github.fault({ match: { operation: 'git/create-ref' }, kind, ...(when === undefined ? {} : { when }) });
  const answer = call('POST', '~/git/refs', { body: { ref: 'refs/heads/new', sha: first } });
  if (kind === 'status') expect((await answer).status).toBe(500);
  else expect(await failure(answer)).toHaveProperty('message');
  expect((await github.git('for-each-ref', 'refs/heads/new')) !== '').toBe(happened);
});

test('a request that hangs is never answered', async () => {
  const { github } = await started();
  github.fault({ match: {}, kind: 'hang' });
  const signal = AbortSignal.timeout(100);
  const error = await failure(fetch(`${github.apiUrl}/repos/acme/shop`, { signal }));
  expect(error).toMatchObject({ name: 'TimeoutError' });
  expect(github.requests[0]).toMatchObject({ status: 0, fault: 'hang' });
});

test('a rate limit says when to come back', async () => {
  const { github, call } = await started({ now: () => Date.UTC(2026, 10, 22) });
  github.fault({ match: {}, kind: 'rate-limit', status: 429, retryAfter: 7 });
  const secondary = await call('GET', '~');
  expect([secondary.status, secondary.headers.get('retry-after')]).toEqual([429, '7']);
  github.fault({ match: {}, kind: 'rate-limit' });
  const primary = await call('GET', '~');
  expect(primary.status).toBe(403);
  expect(primary.headers.get('x-ratelimit-remaining')).toBe('0');
  expect(primary.headers.get('x-ratelimit-reset')).toBe(String(Date.UTC(2026, 10, 22) / 1000 + 60));
});

test('a GraphQL error comes with status 200', async () => {
  const { github, api } = await started();
  const body = { type: 'INTERNAL', message: 'Something broke' };
  github.fault({ match: { operation: 'viewer' }, kind: 'graphql-error', body });
  expect(await failure(api.graphql('{ viewer { login } }'))).toMatchObject({ errors: [body] });
});

test('the same seed makes the same faults', async () => {
  const run = async (seed: number) => {
    const { github, call } = await started();
    github.fault({ match: {}, kind: 'status', times: Number.POSITIVE_INFINITY, probability: 0.5, seed });
    const statuses = [];
    for (let n = 0; n < 12; n += 1) statuses.push((await call('GET', '~')).status);
    return statuses.join();
  };
  const seven = await run(7);
  expect(await run(7)).toBe(seven);
  expect(await run(8)).not.toBe(seven);
  expect(seven).toMatch(/200.*500|500.*200/);
});

test('limits are counted for each token and say so in every answer', async () => {
  let now = Date.UTC(2026, 10, 22, 10, 30);
  const { github, call } = await started({ now: () => now });
  github.rateLimits.core = 2;
  const first = await call('GET', '~');
  expect(first.headers.get('date')).toBe('Sun, 22 Nov 2026 10:30:00 GMT');
  const header = (name: string) => first.headers.get(`x-ratelimit-${name}`);
  expect(['limit', 'remaining', 'used', 'resource'].map(header)).toEqual(['2', '1', '1', 'core']);
  await call('GET', '~');
  const over = await call('GET', '~');
  expect(over).toMatchObject({
    status: 403,
    body: { message: expect.stringMatching(/rate limit exceeded/) },
  });
  expect(over.headers.get('x-ratelimit-remaining')).toBe('0');
  expect((await call('GET', '~', { token: 'ghp_person' })).status).toBe(200);
  expect((await call('GET', '/rate_limit')).status).toBe(200);
  now += 3_600_000;
  expect((await call('GET', '~')).status).toBe(200);
});

test('latency comes before the effect', async () => {
  const { github, first, call } = await started({ latencyMs: 80 });
  const answer = call('POST', '~/git/refs', { body: { ref: 'refs/heads/new', sha: first } });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await github.git('for-each-ref', 'refs/heads/new')).toBe('');
  await answer;
  const [record] = github.requests;
  expect((record?.endedAt ?? 0) - (record?.startedAt ?? 0)).toBeGreaterThanOrEqual(75);
});

test('each request is on record with its route, token, body and answer', async () => {
  const { github, api, call } = await started({ strict: false });
  await api.rest.git.createBlob({ ...here, content: 'x' });
  await api.graphql('{ viewer { login } rateLimit { cost } }');
  await call('GET', '~/nonsense?a=1');
  expect(github.requests).toMatchObject([
    {
      seq: 1,
      method: 'POST',
      path: '/repos/acme/shop/git/blobs',
      route: 'git/create-blob',
      status: 201,
      token: 'job',
      body: { content: 'x' },
    },
    { seq: 2, route: 'viewer,rateLimit', status: 200, responseBody: { data: { viewer: {} } } },
    { seq: 3, path: '/repos/acme/shop/nonsense?a=1', route: 'unknown', status: 404 },
  ]);
  expect(github.violations).toMatchObject([{ seq: 3, direction: 'request' }]);
});

test('what the published description does not allow is refused and recorded', async () => {
  const { github, call } = await started({ strict: false });
  const answers = [
    await call('POST', '~/check-runs', { body: { name: 'x' } }),
    await call('POST', '~/git/refs', { body: { ref: 'refs/heads/x', sha: 1 } }),
    await call('POST', '~/issues', { body: { title: 'x', colour: 'red' } }),
    await call('GET', '~/issues?state=none'),
    await call('POST', '~/issues', { body: '{"title":' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([422, 422, 201, 422, 400]);
  expect(answers[0]?.body).toMatchObject({
    message: 'Invalid request.\n\n"head_sha" wasn\'t supplied.',
    documentation_url: 'https://docs.github.com/rest/checks#create-a-check-run',
  });
  expect(github.violations.map(({ route }) => route)).toEqual([
    'checks/create',
    'git/create-ref',
    'issues/create',
    'issues/list-for-repo',
  ]);
});

test('a token is taken with either word before it', async () => {
  const { github } = await started();
  for (const word of ['token', 'Bearer']) {
    const { status } = await fetch(`${github.apiUrl}/repos/acme/shop`, {
      headers: { authorization: `${word} ${TOKEN}` },
    });
    expect(status).toBe(200);
  }
});
