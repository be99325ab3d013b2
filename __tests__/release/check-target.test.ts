import { describe, expect, test } from '@jest/globals';
import { PREVIEW_MARKER } from '../../src/github/contract.js';
import { checkTarget } from '../../src/release/check-target.js';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const target = (event: string, payload: Readonly<Record<string, unknown>>) =>
  checkTarget({ event, payload, sha: A, ref: '', repository: 'acme/shop', actor: 'alice' });

test.each([
  ['pull_request', { pull_request: { number: 7 } }, { kind: 'pull', number: 7 }],
  ['pull_request_target', { pull_request: { number: 7 } }, { kind: 'pull', number: 7 }],
  ['pull_request_review', { pull_request: { number: 7 } }, { kind: 'pull', number: 7 }],
  ['issue_comment', { issue: { number: 7, pull_request: {} } }, { kind: 'pull', number: 7 }],
  [
    'issue_comment',
    { issue: { number: 7 } },
    { kind: 'nothing', why: 'the comment is on an issue, not on a pull request' },
  ],
  [
    'merge_group',
    { merge_group: { head_sha: A, base_sha: B } },
    { kind: 'group', head: A, base: B, branch: null, last: null },
  ],
  [
    'merge_group',
    {
      merge_group: {
        ...{ head_sha: A, base_sha: B, base_ref: 'refs/heads/rel/1' },
        head_ref: `refs/heads/gh-readonly-queue/rel/1/pr-12-${B}`,
      },
    },
    { kind: 'group', head: A, base: B, branch: 'rel/1', last: 12 },
  ],
  [
    'merge_group',
    { merge_group: { head_sha: A, base_sha: B, head_ref: 'refs/heads/pr-12', base_ref: 7 } },
    { kind: 'group', head: A, base: B, branch: null, last: null },
  ],
])('%s with %j names what is checked', (event, payload, expected) => {
  expect(target(event, payload)).toEqual(expected);
});

describe('a comment that the check itself wrote', () => {
  const body = `Preview\n\n${PREVIEW_MARKER}`;
  const kindOf = (about: object) =>
    target('issue_comment', { issue: { number: 7, pull_request: {} }, ...about }).kind;

  test.each([
    [{ action: 'created', comment: { body } }],
    [{ action: 'edited', comment: { body }, changes: { body: { from: body } } }],
  ])('is nothing to check: %j', (about) => {
    expect(kindOf(about)).toBe('nothing');
  });

  test.each([
    [{ action: 'deleted', comment: { body } }],
    [{ action: 'edited', comment: { body }, changes: { body: { from: '/approve' } } }],
    [{ action: 'created', comment: { body: '/approve' } }],
  ])('is not taken for another one: %j', (about) => {
    expect(kindOf(about)).toBe('pull');
  });
});

test.each([
  ['push', {}],
  ['pull_request', {}],
  ['pull_request', { pull_request: { number: '7' } }],
  ['merge_group', { merge_group: { head_sha: 'main', base_sha: B } }],
])('%s with %j names no change', (event, payload) => {
  expect(() => target(event, payload)).toThrow(expect.objectContaining({ reason: 'unsupported-event' }));
});
