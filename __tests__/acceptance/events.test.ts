import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DISPATCH, expectBlocked, expectDecision, shortPlan, warningsOf } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { type Released, type ReleaseOptions, type Scenario, startScenario } from './scenario.js';

const REPOSITORY = { default_branch: 'main', full_name: 'acme/shop' };

describe('the commit of an event', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ ...INSIDE, plan: shortPlan(), files: { 'shop/name.txt': 'shop' } });
  });
  afterAll(() => scenario?.stop());

  /** What would be released: only the choice of the commit is looked at, so nothing has to move. */
  async function chosen(options: ReleaseOptions): Promise<Released> {
    const done = await scenario.release({ ...options, with: { ...options.with, 'dry-run': 'true' } });
    expectDecision(scenario, done, { decision: 'passed', reason: 'dry-run' });
    expect(done.outputs.sha).toBe(done.sha);
    return done;
  }

  test('a push releases its commit, named by its first seven digits', async () => {
    const done = await chosen({});
    expect(done.outputs.version).toBe(done.sha.slice(0, 7));
  });

  test('the input sha chooses the commit, in full or cut to seven digits', async () => {
    const older = await scenario.head();
    await scenario.commit({ 'app.txt': 'later' });
    const done = await chosen({ ...DISPATCH, sha: older, with: { sha: older.slice(0, 7).toUpperCase() } });
    expect(done.outputs.version).toBe(older.slice(0, 7));
  });

  test('a workflow run of a fork, of a pull request or a failed one may not', async () => {
    const sha = await scenario.head();
    const run = {
      head_sha: sha,
      event: 'pull_request',
      conclusion: 'failure',
      head_repository: { full_name: 'mallory/shop' },
    };
    const done = await scenario.release({ sha, event: workflowRun(run) });
    expectBlocked(scenario, done, {
      reason: 'untrusted-trigger',
      says: [
        /its event is pull.*not push/,
        'its head repository is mallory/shop, not acme/shop',
        'its conclusion is failure, not success',
      ],
    });
  });

  test('a pull request releases nothing', async () => {
    const done = await scenario.release({
      sha: await scenario.head(),
      ref: 'refs/pull/7/merge',
      event: { name: 'pull_request', payload: { number: 7, repository: REPOSITORY } },
    });
    expectBlocked(scenario, done, {
      reason: 'unsupported-event',
      says: ['give the commit in the input `sha`'],
    });
  });

  test('a workspace without a checkout blocks, and says which step is missing', async () => {
    const done = await scenario.release({
      sha: await scenario.head(),
      noCheckout: true,
      with: { environment: 'production', promote: 'exit 0' },
    });
    expectBlocked(scenario, done, {
      reason: 'checkout-differs',
      says: ['actions/checkout', 'no git repository'],
    });
  });

  test('a workspace that holds another commit blocks, and names both', async () => {
    const older = await scenario.head();
    const sha = await scenario.commit({ 'app.txt': 'newer' });
    const done = await scenario.release({ sha, with: { sha: older } });
    expectBlocked(scenario, done, {
      reason: 'checkout-differs',
      says: [`the workspace holds ${sha}, and ${older} is to be released`],
    });
  });
});

describe('a tag', () => {
  test.concurrent(
    'names the version; the commit below an annotated one is released',
    play({ ...INSIDE, plan: shortPlan() }, async (scenario) => {
      const commit = await scenario.commit({ 'app.txt': 'tagged' });
      const as = ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.com'];
      await scenario.github.git(...as, 'tag', '-a', '-m', 'The first', 'v1.1', commit);
      const tag = await scenario.github.git('rev-parse', 'v1.1');
      expect(tag).not.toBe(commit);
      const done = await scenario.release({
        sha: tag,
        ref: 'refs/tags/v1.1',
        event: { name: 'push', payload: { after: tag, head_commit: { id: commit }, repository: REPOSITORY } },
      });
      expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(done.outputs).toMatchObject({ version: 'v1.1', sha: commit });
      // A tag is no branch to go back on: a rollback commit goes to the default branch.
      const events = await scenario.events(done.outputs['release-id'] ?? '');
      expect(events[0]).toMatchObject({ type: 'started', branch: 'main', sha: commit, trigger: 'push' });
      expect(scenario.github.deployments().map(({ sha }) => sha)).toEqual([commit]);
    }),
  );
});

describe('nothing to do', () => {
  test.concurrent(
    'what serves already, what did not change, and our own rollback commit are no releases',
    play({ ...INSIDE, plan: shortPlan({ paths: ['app.txt'] }) }, async (scenario) => {
      const first = await scenario.release({ version: '1.0' });
      expectDecision(scenario, first, {
        decision: 'nothing-to-do',
        reason: 'already-in-service',
        says: ['1.0 is in service already', 'Give another `version`'],
      });
      expect(await scenario.ledger('current.json')).toBe(null);

      const released = await scenario.release({ version: '1.1' });
      expectDecision(scenario, released, { decision: 'promoted', reason: 'all-gates-passed' });
      const commits = await scenario.ledgerCommits();

      const elsewhere = await scenario.release({
        version: '1.2',
        sha: await scenario.commit({ 'README.md': 'Better words' }),
      });
      expectDecision(scenario, elsewhere, {
        decision: 'nothing-to-do',
        reason: 'no-change',
        says: ['nothing under app.txt changed since 1.1'],
      });

      const bad = await scenario.head();
      const trailers = `Gated-Release: 20260101-000000-abcdef0-abcd\nRolls-Back: ${bad}..${released.sha}`;
      const rollback = await scenario.release({
        version: '1.3',
        sha: await scenario.commit({ 'app.txt': 'first' }, `Roll back\n\n${trailers}`),
      });
      expectDecision(scenario, rollback, { decision: 'nothing-to-do', reason: 'own-rollback' });

      expect(scenario.service.calls()).toEqual(['promote 1.1']);
      expect(await scenario.ledgerCommits()).toEqual(commits);
    }),
  );

  test.concurrent(
    'a dry run says what would happen, and leaves no trace',
    play(INSIDE, async (scenario) => {
      const done = await scenario.release({ version: '1.1', with: { 'dry-run': 'true' } });
      expectDecision(scenario, done, {
        decision: 'passed',
        reason: 'dry-run',
        says: ['1.1 could be released, with 1.0 to go back to', 'Run again without `dry-run`'],
      });
      const { github, service } = scenario;
      const writes = github.requests.filter(
        ({ method, path }) => method !== 'GET' && !path.endsWith('/graphql'),
      );
      expect(writes).toEqual([]);
      expect(github.requests.map(({ body }) => JSON.stringify(body)).join()).not.toContain('mutation');
      expect({
        checks: github.checkRuns().filter(({ ofJob }) => !ofJob),
        statuses: github.statuses(),
        deployments: github.deployments(),
        branches: await github.git('branch', '--list', '--format=%(refname:short)'),
        calls: service.calls(),
        stable: service.stable(),
      }).toEqual({ checks: [], statuses: [], deployments: [], branches: 'main', calls: [], stable: '1.0' });
    }),
  );
});

describe('what was in service before', () => {
  test.concurrent(
    'an in-service that cannot answer at the start is warned of, and the release goes on',
    play(
      {
        ...INSIDE,
        plan: shortPlan({
          'in-service': {
            run: 'test "$RELEASE_STAGE" != plan || { echo "no route"; exit 7; }; cat "$SERVICE/stable"',
          },
        }),
      },
      async (scenario) => {
        const done = await scenario.release({ version: '1.1' });
        expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
        expect(warningsOf(done).join('\n')).toMatch(/version in service could not be read.*no route/);
        expect(warningsOf(done).join('\n')).toContain('No earlier version is known');
        expect(done.outputs).toMatchObject({ 'previous-version': '', 'in-service-version': '1.1' });
        expect(done.summary).toContain('no route');
      },
    ),
  );

  test.concurrent(
    'without a version to go back to, a failed release takes traffic back and says what it could not do',
    play(
      { ...INSIDE, plan: shortPlan({ 'in-service': null, promote: { run: 'exit 3' } }) },
      async (scenario) => {
        const done = await scenario.release({ version: '1.1' });
        expectDecision(scenario, done, {
          decision: 'rolled-back',
          reason: 'promote-failed',
          says: ['exited with code 3'],
        });
        expect(scenario.service.calls()).toEqual([]);
        expect(warningsOf(done).join('\n')).toContain('has no version to bring back');
        expect(done.result).toMatchObject({ previous_version: null, rollback: { commit: 'none' } });
      },
    ),
  );
});

function workflowRun(change: object): NonNullable<ReleaseOptions['event']> {
  return {
    name: 'workflow_run',
    payload: {
      action: 'completed',
      repository: REPOSITORY,
      workflow_run: {
        event: 'push',
        conclusion: 'success',
        head_branch: 'main',
        head_repository: { full_name: 'acme/shop' },
        ...change,
      },
    },
  };
}
