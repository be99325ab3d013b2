import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commitFiles } from '../../sandbox/github/seed.js';
import type { Step } from '../../sandbox/runner/contract.js';
import { emptyCurrent, formatCurrent } from '../../src/release/current.js';
import { briefCanary, checksOf, DISPATCH, expectDecision, shortPlan } from './claims.js';
import { checkText } from './expect-end.js';
import { type Released, type Scenario, startScenario } from './scenario.js';

/** Tuesday 2026-03-03, 18:40 in Berlin. */
const CLOSED = Date.parse('2026-03-03T17:40:00Z');
/** Tuesday 22:30 in Berlin. */
const OPEN = Date.parse('2026-03-03T21:30:00Z');

const PLAN = shortPlan({
  paths: ['shop/**', 'docs/**', '.github/**'],
  'promoted-in': { environment: 'staging', within: '7d' },
  requires: {
    tools: ['git >= 2.0', 'no-such-tool >= 1.0'],
    env: ['MUST_BE_SET'],
    disk: '1MB',
    checks: ['build'],
    permissions: { contents: 'write' },
  },
  window: { timezone: 'Europe/Berlin', open: ['Mon-Thu 22:00-05:00'] },
  approvals: [
    { role: 'business', from: ['@bob', '@carol'] },
    { role: 'security', from: ['@acme/security', '@erin'] },
  ],
  blockers: { labels: ['release-blocker'] },
  documents: [{ when: ['shop/api/**'], require: ['docs/api/**'], reason: 'The API reference is a promise' }],
  overrides: { from: ['@alice'] },
  promote: {
    run: 'echo "promote $RELEASE_TARGET_VERSION" >> "$SERVICE/calls"; echo "$RELEASE_TARGET_VERSION" > "$SERVICE/stable"',
    timeout: '10m',
  },
  'in-service': { run: 'cat "$SERVICE/stable"', timeout: '10s' },
});

describe('gates for people and surroundings', () => {
  let scenario: Scenario;
  let clock = CLOSED;
  let released = '';

  beforeAll(async () => {
    const begun = Date.now();
    scenario = await startScenario({ plan: PLAN, now: () => clock + (Date.now() - begun) });
  });
  afterAll(() => scenario?.stop());

  /** A pull request by dave, merged by erin as GitHub squashes it. `swap` replaces its head by another that begins alike. */
  async function merged(files: Record<string, string>) {
    const { github } = scenario;
    const branch = `change-${github.pulls().length + 1}`;
    const made = await commitFiles(github, {
      ...{ branch, files, message: 'Change the shop', parents: [await scenario.head()] },
    });
    const { seen, head } = twins(github.repositoryPath, made);
    const point = (to: string) => github.git('update-ref', `refs/heads/${branch}`, to);
    await point(seen);
    const { number } = await github.openPull({ head: branch, by: 'dave', title: 'Change the shop' });
    return {
      number,
      seen,
      head,
      swap: () => point(head),
      merge: () => github.merge(number, { way: 'squash', by: 'erin' }),
    };
  }

  async function promotedInStaging(sha: string): Promise<void> {
    const release = `20260302-100000-${sha.slice(0, 7)}-0000`;
    const at = '2026-03-02T10:00:00.000Z';
    const one = { release, version: '1.1', sha };
    await commitFiles(scenario.github, {
      branch: 'gated-release/shop/staging',
      files: {
        'current.json': formatCurrent({
          ...emptyCurrent('shop', 'staging'),
          last_promoted: { ...one, at },
          recent: [{ ...one, decision: 'promoted', started: at, ended: at }],
        }),
      },
      message: 'As an earlier release left it',
    });
  }

  /** Promoted in staging, and its build is green. */
  async function ready(sha: string): Promise<string> {
    const { github } = scenario;
    await promotedInStaging(sha);
    github.addJob({
      runId: github.addRun({ headSha: sha, event: 'push' }).id,
      name: 'build',
      status: 'completed',
    });
    return sha;
  }

  /** Nothing was begun: no ledger, no deployment, no script. */
  function expectUntouched(done: Released): void {
    expect(scenario.service.calls()).toEqual([]);
    expect(scenario.github.deployments()).toEqual([]);
    expect(done.outputs['release-id']).toBe('');
  }

  test('only time and people missing is waiting, and nothing is kept', async () => {
    const { github } = scenario;
    await scenario.commit({
      'no-such-tool': {
        content: '#!/bin/sh\n[ "$1" = version ] && echo "tool v1.2.3, of 2026"\n',
        mode: '100755',
      },
    });
    const change = await merged({ 'docs/api/cart.md': 'The cart\n', 'shop/b.txt': 'b\n' });
    github.comment(change.number, { by: 'bob', body: `/approve business ${change.seen.slice(0, 7)}` });
    await change.swap();
    // A head that was replaced by its twin, the wrong head, a comment that was edited, one by a stranger, a review that was taken back: none of them counts.
    await github.review(change.number, { by: 'bob', commit: '1'.repeat(40) });
    const edited = github.comment(change.number, {
      by: 'carol',
      body: `/approve business ${change.head.slice(0, 7)}`,
    });
    edited.updatedAt = '2026-03-03T18:00:00Z';
    github.comment(change.number, { by: 'mallory', body: `/approve business ${change.head}` });
    await github.review(change.number, { by: 'erin' });
    await github.review(change.number, { by: 'erin', state: 'CHANGES_REQUESTED' });
    const sha = await change.merge();
    released = sha;
    await ready(sha);
    const env = { MUST_BE_SET: 'a-secret-value' };
    const steps = withTool;
    const done = await scenario.release({ sha, version: '1.1', env, steps });
    expectDecision(scenario, done, {
      decision: 'waiting',
      reason: 'gates-shut',
      says: [
        /bob agreed to \w{7}, and the head of .* may have been replaced since: only all 40 digits count/,
        /bob approved 1111111, and the final head of .* is/,
        'the comment of carol was edited',
        'mallory agreed, but is not in the role business',
        /erin approved .*, but reviewed again after that .changes/,
        'the team acme/security could not be read',
        /erin approves, or comments .*approve security/,
      ],
    });
    expectUntouched(done);
    expect(await scenario.ledger('current.json')).toBeNull();
    expect(checksOf(scenario, sha)).toEqual({ plan: 'action_required' });
  });

  test('what was signed off is released when the window opens, and who agreed is on the record', async () => {
    const { github } = scenario;
    const { number, headSha: head } = github.pulls()[0] ?? { number: 0, headSha: '' };
    github.comment(number, { by: 'Carol', body: `/approve business ${head.slice(0, 9)}\n` });
    await github.review(number, { by: 'erin' });
    clock = OPEN;
    const env = { MUST_BE_SET: 'a-secret-value' };
    const done = await scenario.release({ sha: released, version: '1.1', env, steps: withTool });
    expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
    const events = await scenario.events(done.outputs['release-id'] ?? '');
    const url = expect.stringContaining(`/pull/${number}#`);
    expect(events.filter(({ type }) => type === 'signed-off')).toEqual([
      expect.objectContaining({ role: 'business', by: 'Carol', via: 'comment', pull: number, commit: head }),
      expect.objectContaining({
        role: 'security',
        by: 'erin',
        via: 'review',
        pull: number,
        commit: head,
        url,
      }),
    ]);
    expect(checkText(scenario, released, 'plan')).toContain('staging');
    expect(done.log).not.toContain('a-secret-value');
  });

  test('a commit without a pull request needs a reviewer of the environment, and not the one who made it', async () => {
    const { github } = scenario;
    const env = { MUST_BE_SET: 'a-secret-value' };
    const author = { name: 'dave', email: '4+dave@users.noreply.github.com' };
    const sha = await commitFiles(github, {
      ...{ branch: 'main', files: { 'shop/c.txt': 'pushed\n' }, message: 'Pushed', author },
    });
    await ready(sha);
    const steps = withTool;
    const next = await scenario.begin({ sha, version: '1.2', env, steps });
    for (const by of ['alice', 'frank']) github.approveRun({ runId: 1003, by, environments: ['production'] });
    const passed = await next.done;
    expectDecision(scenario, passed, { decision: 'promoted', reason: 'all-gates-passed' });
    const events = await scenario.events(passed.outputs['release-id'] ?? '');
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'signed-off', role: 'environment', by: 'frank' }),
    );
  });

  test('an emergency opens window and sign-off for those who may', async () => {
    clock = CLOSED;
    const env = { MUST_BE_SET: 'a-secret-value' };
    const steps = withTool;
    const asked = {
      ...DISPATCH,
      with: { urgency: 'emergency', reason: 'The shop is down' },
      version: '1.3',
      env,
      steps,
    };
    const commit = async (plan: string) =>
      ready(await scenario.commit({ '.github/gated-release.yml': plan, 'shop/d.txt': plan }));
    const sha = await commit(PLAN);
    const done = await scenario.release({ ...asked, sha });
    expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
    const [started] = await scenario.events(done.outputs['release-id'] ?? '');
    expect(started).toMatchObject({
      overrides: ['window', 'approvals'],
      actor: 'alice',
      reason: 'The shop is down',
    });
    expect(checkText(scenario, sha, 'plan')).toContain('overridden');
  });
});

/** Two commits like the given one, other but for the first seven digits of their ids: a matter of a second. */
function twins(repository: string, like: string): { readonly seen: string; readonly head: string } {
  const git = (args: readonly string[], input = '') =>
    execFileSync('git', ['-C', repository, ...args], { input, encoding: 'utf8' }).trim();
  const text = `${git(['cat-file', 'commit', like])}\n`;
  const known = new Map<string, string>();
  for (let nonce = 0; ; nonce++) {
    const one = `${text}${nonce}\n`;
    const id = createHash('sha1').update(`commit ${one.length}\0${one}`).digest('hex').slice(0, 7);
    const other = known.get(id);
    known.set(id, one);
    if (other === undefined) continue;
    const write = (commit: string) => git(['hash-object', '-t', 'commit', '-w', '--stdin'], commit);
    return { seen: write(other), head: write(one) };
  }
}

/** The tool that the plan asks for lies in the workspace, which a step before puts on the PATH. */
function withTool(release: Step): readonly Step[] {
  return [{ kind: 'run', script: 'echo "$PWD" >> "$GITHUB_PATH"' }, release];
}

describe('the window while a release goes on', () => {
  test('that closes stops the next raise, and going back does not wait for it', async () => {
    const begun = Date.now();
    let clock = OPEN;
    const scenario = await startScenario({
      plan: shortPlan({
        window: { timezone: 'Europe/Berlin', open: ['Mon-Thu 22:00-05:00'] },
        canary: briefCanary(),
      }),
      now: () => clock + (Date.now() - begun),
    });
    try {
      const done = await scenario.release({
        version: '1.1',
        onLine: (line) => {
          if (line.includes('traffic: to 50 %')) clock = Date.parse('2026-03-04T04:00:00Z');
        },
      });
      expectDecision(scenario, done, {
        decision: 'rolled-back',
        reason: 'window-closed',
        says: ['before promoting, the window is closed; it opens Wed 22:00 Europe/Berlin'],
      });
      expect({ weight: scenario.service.weight(), stable: scenario.service.stable() }).toEqual({
        weight: 0,
        stable: '1.0',
      });
    } finally {
      await scenario.stop();
    }
  });
});

describe('a commit outside of the default branch', () => {
  test('is gated by the plan that stands there, not by its own, and may wait without failing the job', async () => {
    const window = { timezone: 'UTC', open: ['Mon 00:00-01:00'] };
    const scenario = await startScenario({
      plan: shortPlan({ window, promote: { run: 'true', timeout: '1m' } }),
      now: () => CLOSED,
    });
    try {
      const sha = await commitFiles(scenario.github, {
        branch: 'side',
        files: { '.github/gated-release.yml': shortPlan() },
        message: 'Take the window away',
        parents: [await scenario.head()],
      });
      const ref = 'refs/heads/side';
      const allowed = { sha, ref, version: '1.1', with: { 'allow-waiting': 'true' } };
      const done = await scenario.release(allowed);
      expect(done).toMatchObject({
        decision: 'waiting',
        reason: 'window-closed',
        job: { status: 'success' },
      });
      expect(done.log).toContain('it opens Mon');
      const tried = await scenario.release({
        ...{ sha, ref, version: '1.1', with: { 'dry-run': 'true' } },
      });
      expectDecision(scenario, tried, { decision: 'passed', reason: 'dry-run', says: ['1.1 would wait'] });
      expect(scenario.service.calls()).toEqual([]);
    } finally {
      await scenario.stop();
    }
  });
});
