import { describe, expect, test } from '@jest/globals';
import { failureOf, githubError } from '../../src/github/errors.js';

const http = (status: number, message: string, headers: Record<string, string> = {}) =>
  Object.assign(new Error(`${message} - https://docs.github.com/rest`), {
    status,
    response: { status, headers, data: { message, documentation_url: 'https://docs.github.com/rest' } },
  });
const graphql = (error: object, headers: Record<string, string> = {}) =>
  Object.assign(new Error('Request failed'), { headers, errors: [error], response: { errors: [error] } });

describe('a failed request', () => {
  test.each([
    [http(403, 'Resource not accessible by integration'), 'forbidden'],
    [http(403, 'Resource not accessible by integration', { 'x-ratelimit-remaining': '0' }), 'forbidden'],
    [http(401, 'Bad credentials'), 'forbidden'],
    [http(404, 'Not Found'), 'not-found'],
    [http(422, 'Reference already exists'), 'refused'],
    [http(409, 'Conflict'), 'refused'],
    [http(400, 'Problems parsing JSON'), 'invalid'],
    [http(500, 'Server Error'), 'unreachable'],
    [http(502, 'Bad Gateway'), 'unreachable'],
    [Object.assign(new Error('read ECONNRESET'), { status: 500 }), 'unreachable'],
    [http(429, 'Too many requests'), 'limited'],
    [http(403, 'You have exceeded a secondary rate limit'), 'limited'],
    [http(403, 'API rate limit exceeded for installation', { 'x-ratelimit-remaining': '0' }), 'limited'],
    [graphql({ type: 'STALE_DATA', message: 'Expected branch to point to "x" but it did not.' }), 'conflict'],
    [graphql({ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }), 'forbidden'],
    [graphql({ type: 'NOT_FOUND', message: 'No ref' }), 'not-found'],
    [graphql({ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }), 'limited'],
    [graphql({ type: 'UNPROCESSABLE', message: 'Repository rule violations found' }), 'refused'],
    [
      graphql({ message: 'Something went wrong while executing your query. Please include `A:1`' }),
      'unreachable',
    ],
    [new TypeError('x is not a function'), 'invalid'],
  ])('%s is %s', (error, kind) => {
    expect(failureOf(error).kind).toBe(kind);
  });

  test('is told in GitHub’s words, without the link to its documentation', () => {
    const error = githubError(http(422, 'Reference already exists'), 'Make the branch');
    expect(error).toMatchObject({ kind: 'refused', message: 'Make the branch: Reference already exists' });
  });

  test('names how long to wait, by retry-after or by GitHub’s own clock', () => {
    expect(failureOf(http(429, 'slow down', { 'retry-after': '30' })).waitMs).toBe(30_000);
    const headers = {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Date.parse('2026-01-01T00:01:00Z') / 1000),
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
    };
    expect(failureOf(http(403, 'API rate limit exceeded', headers)).waitMs).toBe(61_000);
    expect(failureOf(http(429, 'slow down')).waitMs).toBeNull();
  });
});
