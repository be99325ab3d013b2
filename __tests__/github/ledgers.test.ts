import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { makeTemplate, startWorld, type Template, type World } from './world.js';

let template: Template;
let world: World;

beforeAll(async () => {
  template = await makeTemplate({ 'a.txt': 'a\n' });
});
afterAll(() => template.remove());
beforeEach(async () => {
  world = await startWorld(template);
});
afterEach(() => world.stop());

test('all ledgers of a repository are read by one request', async () => {
  for (const [service, environment] of [
    ['shop', 'production'],
    ['shop', 'staging'],
    ['mail', 'production'],
  ])
    await world.commit(
      { 'current.json': `{"of": "${service}"}\n` },
      { branch: `gated-release/${service}/${environment}` },
    );
  await world.commit({ 'notes.txt': 'no ledger\n' }, { branch: 'gated-release/odd/production' });
  await world.commit({ 'x.txt': 'x\n' }, { branch: 'gated-release/not/a/ledger' });
  const before = world.github.requests.length;
  const ledgers = await world.connect().hub.facts.ledgers();
  expect(world.github.requests.length - before).toBe(1);
  expect(ledgers.map(({ service, environment, current }) => [service, environment, current])).toEqual([
    ['mail', 'production', '{"of": "mail"}\n'],
    ['odd', 'production', null],
    ['shop', 'production', '{"of": "shop"}\n'],
    ['shop', 'staging', '{"of": "shop"}\n'],
  ]);
  expect(ledgers[0]?.url).toBe(`${world.github.serverUrl}/acme/shop/tree/gated-release/mail/production`);
});

test.each([{ kind: 'status', status: 502 }, { kind: 'garbage' }, { kind: 'drop-after' }] as const)(
  'the listing is asked for again after an answer that says nothing: $kind',
  async (fault) => {
    await world.commit({ 'current.json': '{}\n' }, { branch: 'gated-release/shop/production' });
    world.github.fault({ match: { path: /graphql/ }, ...fault });
    expect(await world.connect().hub.facts.ledgers()).toMatchObject([{ service: 'shop', current: '{}\n' }]);
  },
);

test('a repository without ledgers has none, and one that cannot be read is an error', async () => {
  expect(await world.connect().hub.facts.ledgers()).toEqual([]);
  world.github.fault({ match: { path: /graphql/ }, kind: 'status', times: 100 });
  await expect(world.connect().hub.facts.ledgers()).rejects.toMatchObject({ kind: 'unreachable' });
});
