import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findRoute } from '../../../sandbox/github/router.js';
import { routes } from '../../../sandbox/github/routes.js';
import { readSchemaFile, schemaDirectory } from '../../../sandbox/github/schema-files.js';
import { operations, validateRequest, validateResponse } from '../../../sandbox/github/validation.js';
import { schemaProblems } from '../../../script/schemas.js';

test('the schemas are as their script wrote them, small, and say what they were made from', () => {
  expect(schemaProblems()).toEqual([]);
  for (const name of ['rest.json', 'graphql.json'] as const) {
    expect(readSchemaFile(name).source).toMatchObject({
      package: expect.stringMatching(/^@octokit\//),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(statSync(join(schemaDirectory(), name)).size).toBeLessThan(300_000);
  }
});

test('the schemas hold no prose', () => {
  const kept = JSON.stringify(readSchemaFile('rest.json').content);
  expect(kept).not.toMatch(/"(description|title|summary)":"/);
  expect(kept).not.toMatch(/"(x-[a-z-]+|examples?|nullable)":/);
});

test('each kept operation is answered by one route, and each route is kept', () => {
  expect(routes.map(({ operation }) => operation).sort()).toEqual(Object.keys(operations()).sort());
});

test.each([
  ['GET', '/git/ref/heads/a/b', 'git/get-ref', { ref: 'heads/a/b' }],
  ['GET', '/git/ref/heads%2Fa%2Fb', 'git/get-ref', { ref: 'heads/a/b' }],
  ['GET', '/commits/a/b', 'repos/get-commit', { ref: 'a/b' }],
  ['GET', '/commits/a/b/status', 'repos/get-combined-status-for-ref', { ref: 'a/b' }],
  ['GET', '/contents', 'repos/get-content', { path: '' }],
  ['GET', '/contents/a/b%20c', 'repos/get-content', { path: 'a/b c' }],
  ['GET', '/issues/comments/1', 'issues/get-comment', { comment_id: '1' }],
  ['GET', '/issues/1/comments', 'issues/list-comments', { issue_number: '1' }],
  ['GET', '/compare/a...b/c', 'repos/compare-commits-with-basehead', { basehead: 'a...b/c' }],
])('%s %s is %s', (method, path, operation, parameters) => {
  const match = findRoute(method, `/repos/o/r${path}`);
  expect(match?.route.operation).toBe(operation);
  expect(match?.path).toEqual({ owner: 'o', repo: 'r', ...parameters });
});

test('a request is told in GitHub’s words what is wrong with it', () => {
  const problems = (id: string, body: unknown) =>
    validateRequest(id, { path: { owner: 'o', repo: 'r' }, query: {}, body }).problems.map(
      ({ message }) => message,
    );
  expect(problems('git/create-ref', { ref: 1 })).toEqual([
    '"sha" wasn\'t supplied.',
    "For 'properties/ref', 1 is not a string.",
  ]);
  expect(problems('repos/create-deployment', undefined)).toEqual(['"ref" wasn\'t supplied.']);
  expect(problems('git/create-tree', { tree: [{ path: 'a', mode: '100', type: 'blob' }] })).toEqual([
    'For \'properties/tree/0/mode\', "100" is not a possible value. Must be one of the following: 100644, 100755, 040000, 160000, 120000.',
  ]);
});

test('an answer that is not what GitHub promises is found', () => {
  expect(validateResponse('git/create-blob', 201, { sha: 'a', url: 'https://a.example' })).toEqual([]);
  expect(validateResponse('git/create-blob', 201, { sha: 1 })).toHaveLength(2);
  expect(validateResponse('git/create-blob', 200, {})).toHaveLength(1);
  expect(validateResponse('git/delete-ref', 204, undefined)).toEqual([]);
  expect(validateResponse('git/delete-ref', 204, {})).toHaveLength(1);
});
