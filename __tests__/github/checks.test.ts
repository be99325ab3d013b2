import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FaultOptions } from '../../sandbox/github/faults.js';
import type { CheckReport } from '../../src/github/contract.js';
import { makeTemplate, RELEASE, SECRET, startWorld, type Template, type World } from './world.js';

let template: Template;
let world: World;
let sha = '';

beforeAll(async () => {
  template = await makeTemplate({ 'README.md': 'shop\n' });
});

afterAll(() => template.remove());

beforeEach(async () => {
  world = await startWorld(template);
  [sha = ''] = template.commits;
});

afterEach(() => world.stop());

const NAME = 'shop/production/canary';
const running: CheckReport = {
  name: NAME,
  status: 'in_progress',
  title: 'Canary at 5 %',
  summary: 'So far so good.',
};
const passed: CheckReport = {
  ...{
    name: NAME,
    status: 'completed',
    conclusion: 'success',
    title: 'Canary passed',
    summary: '# Canary\n\nGood.',
  },
};

const connect = (token?: Parameters<World['connect']>[0], overrides: Parameters<World['connect']>[1] = {}) =>
  world.connect(token, { sha: () => sha, ...overrides });

const posts = (route: string) => world.github.requests.filter((request) => request.route === route);

describe('a check', () => {
  test('is one check run on the release commit, made once and then updated', async () => {
    const { checks } = connect().hub;
    checks.report(running);
    await checks.settle(5_000);
    checks.report(passed);
    await checks.settle(5_000);
    const [run, ...others] = world.github.checkRuns(sha);
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      name: NAME,
      status: 'completed',
      conclusion: 'success',
      externalId: RELEASE,
    });
    expect(run).toMatchObject({ title: 'Canary passed', summary: '# Canary\n\nGood.' });
    expect(checks.ids()).toEqual({ [NAME]: run?.id });
    expect(world.github.statuses()).toEqual([]);
  });

  test('that an earlier run of the release made is updated, not made again', async () => {
    const first = connect().hub.checks;
    first.report(running);
    await first.settle(5_000);
    const known = () => ({ checks: first.ids(), deployment: null });
    const { checks } = connect('job', { known }).hub;
    expect(checks.ids()).toEqual(first.ids());
    checks.report(passed);
    await checks.settle(5_000);
    expect(world.github.checkRuns(sha).map(({ conclusion }) => conclusion)).toEqual(['success']);
  });

  test('that is gone is made anew', async () => {
    const { checks } = connect('job', { known: () => ({ checks: { [NAME]: 4711 }, deployment: null }) }).hub;
    checks.report(passed);
    await checks.settle(5_000);
    expect(world.github.checkRuns(sha)).toHaveLength(1);
    expect(checks.ids()).toEqual({ [NAME]: world.github.checkRuns(sha)[0]?.id });
  });

  test('that belongs to another App is made anew beside it', async () => {
    world.github.setPermissions('bot', { checks: 'write', contents: 'write' });
    const first = connect('bot').hub.checks;
    first.report(running);
    await first.settle(5_000);
    const { checks } = connect('job', { known: () => ({ checks: first.ids(), deployment: null }) }).hub;
    checks.report(passed);
    await checks.settle(5_000);
    expect(world.github.checkRuns(sha).map(({ app, status }) => [app.id, status])).toEqual([
      [77, 'in_progress'],
      [15368, 'completed'],
    ]);
  });

  test('that changes often sends its newest state, and different ones side by side', async () => {
    const { checks } = connect().hub;
    world.github.latencyMs = 50;
    const began = performance.now();
    for (const stage of ['plan', 'verify', 'backup', 'canary', 'promote']) {
      for (let n = 0; n < 20; n++)
        checks.report({ ...running, name: `shop/production/${stage}`, title: `Look ${n}` });
    }
    await checks.settle(10_000);
    expect(performance.now() - began).toBeLessThan(2_000);
    const runs = world.github.checkRuns(sha);
    expect(runs.map(({ title }) => title)).toEqual(Array(5).fill('Look 19'));
    expect(posts('checks/create').length + posts('checks/update').length).toBe(10);
  });

  test('without a conclusion has not passed', async () => {
    const { checks } = connect().hub;
    checks.report({ name: NAME, status: 'completed', title: 'Ended', summary: 'Ended.' });
    await checks.settle(5_000);
    expect(world.github.checkRuns(sha)[0]?.conclusion).toBe('failure');
  });

  const faults: readonly Omit<FaultOptions, 'match'>[] = [
    { kind: 'drop-before' },
    { kind: 'drop-after' },
    { kind: 'status', status: 502, when: 'after' },
    { kind: 'status', status: 500, times: 4 },
    { kind: 'garbage' },
    { kind: 'rate-limit', retryAfter: 10 },
    { kind: 'hang' },
  ];
  test.each(faults)('whose making meets a fault is there exactly once: %j', async (fault) => {
    const { checks } = connect('job', { requestTimeoutMs: 300 }).hub;
    world.github.fault({ match: { operation: 'checks/create' }, ...fault });
    checks.report(running);
    await checks.settle(5_000);
    world.github.fault({ match: { operation: 'checks/update' }, ...fault });
    checks.report(passed);
    await checks.settle(5_000);
    expect(world.github.checkRuns(sha).map(({ conclusion }) => conclusion)).toEqual(['success']);
  });

  test('that cannot be posted is one line in the log and holds nothing up', async () => {
    const { hub, log } = connect();
    world.github.fault({ match: { operation: 'checks/create' }, kind: 'status', times: 1000 });
    hub.checks.report(passed);
    await hub.checks.settle(5_000);
    expect(log.warnings.at(-1)).toMatch(
      /^The check "shop\/production\/canary" was not posted: Could not post the check/,
    );
  });

  test('holds the end of the step up no longer than asked', async () => {
    const { checks } = connect().hub;
    world.github.fault({ match: { operation: 'checks/create' }, kind: 'hang' });
    checks.report(passed);
    const began = performance.now();
    await checks.settle(100);
    expect(performance.now() - began).toBeLessThan(1_000);
    await checks.settle(10_000);
  });
});

describe('the text of a check', () => {
  test('is cut by bytes on a whole line, with fences closed, and says so', async () => {
    const { checks } = connect().hub;
    const long = `# Log\n\n\`\`\`\n${'ä line of the log\n'.repeat(10_000)}\`\`\`\n`;
    checks.report({ ...passed, summary: long, text: long });
    await checks.settle(5_000);
    const [run] = world.github.checkRuns(sha);
    for (const text of [run?.summary ?? '', run?.text ?? '']) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_535);
      expect(Buffer.byteLength(text)).toBeGreaterThan(65_000);
      expect(text).toMatch(
        /ä line of the log\n```\n\n_Cut here: the whole text has \d+ bytes, and GitHub shows 65535\._\n$/,
      );
    }
  });

  test('shows no secret, not even one that the cut goes through', async () => {
    const { checks } = connect().hub;
    const title = `${'x'.repeat(251)} ${SECRET}`;
    const annotations = [{ path: 'a', line: 1, level: 'notice', message: SECRET, title: SECRET } as const];
    checks.report({ ...passed, title, summary: SECRET, text: `a ${SECRET}`, annotations });
    await checks.settle(5_000);
    expect(JSON.stringify(world.github.checkRuns(sha))).not.toContain(SECRET.slice(0, 4));
  });

  test('has its annotations in requests of fifty, at most 200, and says how many there are more', async () => {
    const { checks } = connect().hub;
    const annotations = Array.from({ length: 230 }, (_, n) => ({
      ...{ path: 'src/a.ts', line: n + 1, level: 'warning' as const, message: `Finding ${n}` },
    }));
    checks.report({ ...passed, annotations });
    await checks.settle(10_000);
    checks.report({ ...passed, annotations, title: 'Again' });
    await checks.settle(10_000);
    const [run] = world.github.checkRuns(sha);
    expect(run?.annotations.map(({ message }) => message)).toEqual(
      Array.from({ length: 200 }, (_, n) => `Finding ${n}`),
    );
    expect(run?.summary).toMatch(/^30 more annotations are not shown/);
    expect(run).toMatchObject({ title: 'Again', conclusion: 'success' });
  });
});

describe('with a token that may not write check runs', () => {
  test.each(['statuses', 'person'] as const)(
    'all names are commit statuses and nothing else: %s',
    async (token) => {
      const { hub, log } = connect(token);
      hub.checks.report(running);
      hub.checks.report({ ...running, name: 'shop/production/promote' });
      await hub.checks.settle(5_000);
      const long = `Canary failed: ${'x'.repeat(200)}`;
      hub.checks.report({ ...passed, conclusion: 'failure', title: long });
      await hub.checks.settle(5_000);
      expect(world.github.checkRuns()).toEqual([]);
      const canary = world.github.statuses(sha).filter(({ context }) => context === NAME);
      expect(canary.map(({ state }) => state)).toEqual(['pending', 'failure']);
      expect(canary[1]).toMatchObject({ targetUrl: `${world.github.serverUrl}/acme/shop/actions/runs/1` });
      expect(canary[1]?.description).toHaveLength(140);
      expect(world.github.statuses(sha)).toHaveLength(3);
      expect(hub.permissions.list().map(({ permission }) => permission)).toEqual(['checks: write']);
      expect(log.warnings).toHaveLength(1);
    },
  );

  test.each([
    ['success', 'success'],
    ['neutral', 'success'],
    ['skipped', 'success'],
    ['failure', 'failure'],
    ['action_required', 'failure'],
    ['cancelled', 'error'],
  ] as const)('%s is the state %s', async (conclusion, state) => {
    const { checks } = connect('statuses').hub;
    checks.report({ ...passed, conclusion });
    await checks.settle(5_000);
    expect(world.github.statuses(sha).map((status) => status.state)).toEqual([state]);
  });

  test('nor statuses, both are named once and nothing is posted', async () => {
    const { hub, log } = connect('contents');
    hub.checks.report(running);
    await hub.checks.settle(5_000);
    const before = world.github.requests.length;
    hub.checks.report(passed);
    hub.checks.report({ ...passed, name: 'shop/production/promote' });
    await hub.checks.settle(5_000);
    expect(world.github.requests.length).toBe(before);
    const missing = hub.permissions.list().map(({ permission }) => permission);
    expect(missing).toEqual(['checks: write', 'statuses: write']);
    expect(log.warnings).toHaveLength(2);
  });

  test('a name that has a check run gets no status beside it', async () => {
    const first = connect().hub.checks;
    first.report(running);
    await first.settle(5_000);
    const known = () => ({ checks: first.ids(), deployment: null });
    const { checks } = connect('statuses', { known }).hub;
    checks.report(passed);
    checks.report({ ...passed, name: 'shop/production/promote' });
    await checks.settle(5_000);
    expect(world.github.checkRuns(sha).map(({ name }) => name)).toEqual([NAME]);
    expect(world.github.statuses(sha).map(({ context }) => context)).toEqual(['shop/production/promote']);
  });
});
