import { describe, expect, test } from '@jest/globals';
import { ReleaseProblem } from '../../src/release/problem.js';
import { defaultVersion, type RunContext, releaseCommit } from '../../src/release/trigger.js';
import { SHA } from './events-of.js';

const HEAD = 'c'.repeat(40);
const run = (change: Partial<RunContext>): RunContext => ({
  event: 'push',
  sha: SHA,
  ref: 'refs/heads/main',
  repository: 'acme/shop',
  actor: 'alice',
  payload: { repository: { default_branch: 'trunk' } },
  ...change,
});
const workflowRun = (change: Record<string, unknown>) =>
  run({
    event: 'workflow_run',
    payload: {
      workflow_run: {
        event: 'push',
        conclusion: 'success',
        head_sha: HEAD,
        head_branch: 'main',
        head_repository: { full_name: 'acme/shop' },
        ...change,
      },
    },
  });

describe('the release commit', () => {
  test('of a push is GITHUB_SHA, and its branch gets the rollback', () => {
    expect(releaseCommit(run({}), null)).toEqual({ sha: SHA, branch: 'main', tag: null });
  });

  test('of a tag has the default branch for its rollback and the tag for its version', () => {
    const commit = releaseCommit(run({ ref: 'refs/tags/v1.4' }), null);
    expect(commit).toEqual({ sha: SHA, branch: 'trunk', tag: 'v1.4' });
    expect(defaultVersion(commit)).toBe('v1.4');
    // Git allows spaces that are not ASCII, the ledger does not.
    expect(() => defaultVersion({ ...commit, tag: 'v1\u00a0b' })).toThrow(
      /cannot be a version.*give a `version`/,
    );
  });

  test('of an annotated tag is the commit below it', () => {
    const tag = run({ ref: 'refs/tags/v1.4', payload: { head_commit: { id: HEAD } } });
    expect(releaseCommit(tag, null)).toMatchObject({ sha: HEAD, tag: 'v1.4' });
    expect(releaseCommit(run({ payload: { head_commit: { id: HEAD } } }), null)).toMatchObject({ sha: SHA });
  });

  test('of a workflow run is that run’s head, not GITHUB_SHA', () => {
    expect(releaseCommit(workflowRun({}), null)).toEqual({ sha: HEAD, branch: 'main', tag: null });
  });

  test('is the input `sha` where one is given', () => {
    expect(releaseCommit(run({ event: 'workflow_dispatch' }), HEAD).sha).toBe(HEAD);
  });

  test.each([
    ['its event is a pull request', { event: 'pull_request' }],
    ['its head repository is a fork', { head_repository: { full_name: 'mallory/shop' } }],
    ['its head repository is not named', { head_repository: null }],
    ['it failed', { conclusion: 'failure' }],
    ['it names no commit', { head_sha: '' }],
  ])('of a workflow run is refused when %s', (_, change) => {
    expect(() => releaseCommit(workflowRun(change), null)).toThrow(
      expect.objectContaining({ reason: 'untrusted-trigger' }),
    );
    expect(() => releaseCommit(workflowRun(change), HEAD)).toThrow(ReleaseProblem);
  });

  test.each(['pull_request', 'pull_request_target', 'issue_comment', 'merge_group', ''])(
    'is never taken from %j',
    (event) => {
      expect(() => releaseCommit(run({ event }), null)).toThrow(
        expect.objectContaining({ reason: 'unsupported-event' }),
      );
      expect(() => releaseCommit(run({ event }), HEAD)).toThrow(
        expect.objectContaining({ reason: 'unsupported-event' }),
      );
    },
  );
});
