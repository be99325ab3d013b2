import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
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

type Connect = Parameters<World['connect']>;
const connect = (token?: Connect[0], overrides: Connect[1] = {}) =>
  world.connect(token, { sha: () => sha, ...overrides });

async function release(id: string, overrides: Connect[1] = {}): Promise<void> {
  const { deployments } = connect('job', { release: () => id, ...overrides }).hub;
  for (const state of ['in_progress', 'success'] as const) {
    deployments.report(state, `${state} ${id}`);
    await deployments.settle(5_000);
  }
}

const states = () => world.github.deployments().map(({ statuses }) => statuses.at(-1)?.state);

describe('the deployment', () => {
  test('is made for the release commit although checks are open, and gets each state', async () => {
    const { hub } = connect();
    hub.checks.report({
      name: 'shop/production/plan',
      status: 'in_progress',
      title: 'Plan',
      summary: 'Plan',
    });
    await hub.checks.settle(5_000);
    await release(RELEASE);
    const [deployment, ...others] = world.github.deployments();
    expect(others).toEqual([]);
    expect(deployment).toMatchObject({ sha, environment: 'production', task: 'deploy', production: true });
    expect(deployment?.payload).toEqual({ 'gated-release': { service: 'shop', release: RELEASE } });
    expect(deployment?.statuses.map(({ state }) => state)).toEqual(['in_progress', 'success']);
    expect(deployment?.statuses[0]?.logUrl).toBe(`${world.github.serverUrl}/acme/shop/actions/runs/1`);
  });

  test('that succeeds sets the one it supersedes inactive, and no other', async () => {
    await release('r1');
    await release('other', { service: 'cart' });
    await release('staged', { environment: 'staging' });
    await release('r2');
    expect(states()).toEqual(['inactive', 'success', 'success', 'success']);
    await release('r3');
    expect(states()).toEqual(['inactive', 'success', 'success', 'inactive', 'success']);
  });

  test('that fails leaves the one that serves active', async () => {
    await release('r1');
    const { deployments } = connect('job', { release: () => 'r2' }).hub;
    deployments.report('failure', 'Canary failed');
    await deployments.settle(5_000);
    expect(states()).toEqual(['success', 'failure']);
  });

  test('that an earlier run made is used again', async () => {
    const first = connect().hub.deployments;
    first.report('in_progress', 'Canary at 5 %');
    await first.settle(5_000);
    const known = () => ({ checks: {}, deployment: first.id() });
    await release(RELEASE, { known });
    expect(world.github.deployments()).toHaveLength(1);
  });

  test.each(['drop-before', 'drop-after', 'garbage', 'hang', 'status'] as const)(
    'whose making meets a %s is there exactly once',
    async (kind) => {
      world.github.fault({ match: { operation: 'repos/create-deployment' }, kind });
      await release(RELEASE, { requestTimeoutMs: 300 });
      expect(states()).toEqual(['success']);
    },
  );

  test('cuts a long description and shows no secret', async () => {
    const { deployments } = connect().hub;
    deployments.report('in_progress', `${'x'.repeat(136)} ${SECRET}`);
    await deployments.settle(5_000);
    const description = world.github.deployments()[0]?.statuses[0]?.description ?? '';
    expect(description).toBe(`${'x'.repeat(136)} ***`);
  });

  test('that the token may not make is named once', async () => {
    const { hub, log } = connect('contents');
    hub.deployments.report('in_progress', 'Canary at 5 %');
    await hub.deployments.settle(5_000);
    hub.deployments.report('success', 'Promoted');
    await hub.deployments.settle(5_000);
    expect(hub.permissions.list().map(({ permission }) => permission)).toEqual(['deployments: write']);
    expect(log.warnings).toHaveLength(1);
    expect(hub.deployments.id()).toBeNull();
  });
});

describe('a deployment of ours', () => {
  test('is found for its service and environment alone', async () => {
    const { repository } = connect().hub;
    expect(await repository.hasDeployment('shop', 'production')).toBe(false);
    await release(RELEASE);
    expect(await repository.hasDeployment('shop', 'production')).toBe(true);
    expect(await repository.hasDeployment('shop', 'staging')).toBe(false);
    expect(await repository.hasDeployment('cart', 'production')).toBe(false);
  });

  test('is found behind a hundred of others', async () => {
    await release(RELEASE);
    const other = { ref: sha, environment: 'production', auto_merge: false, required_contexts: [] };
    const post = () =>
      fetch(`${world.github.apiUrl}/repos/acme/shop/deployments`, {
        method: 'POST',
        headers: { authorization: 'token ghs_job' },
        body: JSON.stringify(other),
      });
    await Promise.all(Array.from({ length: 101 }, post));
    expect(world.github.deployments()).toHaveLength(102);
    expect(await connect().hub.repository.hasDeployment('shop', 'production')).toBe(true);
  });

  test('is not known to a token that may not read deployments', async () => {
    const { hub } = connect('contents');
    expect(await hub.repository.hasDeployment('shop', 'production')).toBeNull();
    expect(hub.permissions.list().map(({ permission }) => permission)).toEqual(['deployments: read']);
  });
});
