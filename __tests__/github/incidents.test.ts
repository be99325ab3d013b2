import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Incident } from '../../src/github/contract.js';
import {
  type Connected,
  makeTemplate,
  RELEASE,
  SECRET,
  startWorld,
  type Template,
  type World,
} from './world.js';

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

const incident = (overrides: Partial<Incident> = {}): Incident => ({
  release: RELEASE,
  title: 'shop 1.2.3 was taken back',
  body: '## What happened\n\n5 % of requests failed.',
  contacts: ['@alice', '@acme/sre'],
  ...overrides,
});

const settled = async (connected: Connected, act: (incidents: Connected['hub']['incidents']) => void) => {
  act(connected.hub.incidents);
  await connected.hub.incidents.settle(30_000);
  return connected;
};

const writes = () => world.github.requests.filter(({ method }) => method !== 'GET').map(({ route }) => route);

describe('an incident issue', () => {
  test('is opened with its label, its text and the people it concerns', async () => {
    const { hub } = await settled(world.connect(), (incidents) => incidents.report(incident()));
    const [issue] = world.github.issues();
    expect(issue).toMatchObject({
      ...{ title: 'shop 1.2.3 was taken back', state: 'open', labels: ['gated-release-incident'] },
      body: `## What happened\n\n5 % of requests failed.\n\ncc @alice @acme/sre\n\n<!-- gated-release: incident ${RELEASE} -->`,
    });
    const url = `${world.github.serverUrl}/acme/shop/issues/${issue?.number}`;
    expect(hub.incidents.find(RELEASE)).toEqual({ number: issue?.number, url });
  });

  test('is one for each release, however often it is reported, and says what was reported last', async () => {
    await settled(world.connect(), (incidents) => incidents.report(incident()));
    await settled(world.connect(), (incidents) => {
      incidents.report(incident({ body: 'First.' }));
      incidents.report(incident({ body: 'Second.' }));
      incidents.report(incident({ body: 'Third.' }));
    });
    await settled(world.connect(), (incidents) => incidents.report(incident({ release: `${RELEASE}2` })));
    expect(world.github.issues()).toHaveLength(2);
    expect(world.github.issues()[0]?.body).toContain('Third.');
  });

  test('that says it already is not written again', async () => {
    await settled(world.connect(), (incidents) => incidents.report(incident()));
    const before = writes().length;
    await settled(world.connect(), (incidents) => incidents.report(incident()));
    expect(writes()).toHaveLength(before);
  });

  test('is found among many', async () => {
    const connected = world.connect();
    await settled(connected, (incidents) => {
      for (let n = 0; n < 120; n++) incidents.report(incident({ release: `r${n}` }));
    });
    await settled(world.connect(), (incidents) =>
      incidents.report(incident({ release: 'r0', body: 'Again.' })),
    );
    expect(world.github.issues()).toHaveLength(120);
  });

  test('gets a comment once for each key', async () => {
    await settled(world.connect(), (incidents) => {
      incidents.report(incident());
      incidents.comment(RELEASE, { key: 'merged', body: 'The rollback was merged.' });
      incidents.comment(RELEASE, { key: 'synced', body: 'The old version serves.' });
    });
    await settled(world.connect(), (incidents) =>
      incidents.comment(RELEASE, { key: 'merged', body: 'The rollback was merged.' }),
    );
    expect(world.github.comments().map(({ body }) => body.split('\n')[0])).toEqual([
      'The rollback was merged.',
      'The old version serves.',
    ]);
  });

  test('is closed by the release that fixes it, with one comment', async () => {
    await settled(world.connect(), (incidents) => incidents.report(incident()));
    for (let n = 0; n < 2; n++) {
      await settled(world.connect(), (incidents) => incidents.close(RELEASE, 'Fixed by shop 1.2.4.'));
    }
    expect(world.github.issues()[0]).toMatchObject({ state: 'closed', stateReason: 'completed' });
    expect(world.github.comments()).toHaveLength(1);
    expect(world.github.comments()[0]?.body).toContain('Fixed by shop 1.2.4.');
  });

  test('that a person closed is kept up to date and stays closed', async () => {
    await settled(world.connect(), (incidents) => incidents.report(incident()));
    const [issue] = world.github.issues();
    if (issue) issue.state = 'closed';
    await settled(world.connect(), (incidents) => {
      incidents.report(incident({ body: 'More is known.' }));
      incidents.close(RELEASE, 'Fixed.');
    });
    expect(issue).toMatchObject({ state: 'closed', body: expect.stringContaining('More is known.') });
    expect(world.github.comments()).toHaveLength(0);
  });

  test('that nobody opened is neither commented on nor closed', async () => {
    await settled(world.connect(), (incidents) => {
      incidents.comment(RELEASE, { key: 'x', body: 'x' });
      incidents.close(RELEASE, 'Fixed.');
    });
    expect(writes()).toEqual([]);
  });

  test('holds no secret, and is cut where GitHub would refuse it', async () => {
    const body = `The password is ${SECRET}.\n${'A long line of evidence.\n'.repeat(5_000)}`;
    await settled(world.connect(), (incidents) => incidents.report(incident({ title: SECRET, body })));
    const [issue] = world.github.issues();
    expect(issue?.title).toBe('***');
    expect(issue?.body?.length).toBeLessThan(65_536);
    expect(issue?.body).toContain('_Cut here');
    expect(issue?.body?.endsWith(`<!-- gated-release: incident ${RELEASE} -->`)).toBe(true);
  });
});

describe('the incident never holds a release up', () => {
  test('without the permission, which is noted once', async () => {
    const connected = world.connect('contents');
    for (let n = 0; n < 2; n++) await settled(connected, (incidents) => incidents.report(incident()));
    expect(connected.hub.permissions.list().map(({ permission }) => permission)).toEqual(['issues: write']);
    expect(connected.log.warnings).toHaveLength(1);
    expect(connected.hub.incidents.find(RELEASE)).toBeNull();
  });

  test('where issues are switched off, which is said', async () => {
    const body = { message: 'Issues are disabled for this repo' };
    const operation = 'issues/list-for-repo';
    world.github.fault({ match: { operation }, kind: 'status', status: 410, body, times: 9 });
    const { log } = await settled(world.connect(), (incidents) => incidents.report(incident()));
    expect(log.lines.join('\n')).toContain('was not written: Issues are disabled for this repo');
  });

  test.each(['drop-before', 'drop-after', 'status', 'garbage'] as const)(
    'nor does a %s open it twice',
    async (kind) => {
      world.github.fault({ match: { operation: 'issues/create' }, kind });
      await settled(world.connect(), (incidents) => incidents.report(incident()));
      expect(world.github.issues()).toHaveLength(1);
    },
  );

  test.each(['issues/create-comment', 'issues/update'])('nor does %s close it halfway', async (operation) => {
    await settled(world.connect(), (incidents) => incidents.report(incident()));
    world.github.fault({ match: { operation }, kind: 'drop-after' });
    await settled(world.connect(), (incidents) => incidents.close(RELEASE, 'Fixed.'));
    expect(world.github.issues()[0]?.state).toBe('closed');
    expect(world.github.comments()).toHaveLength(1);
  });
});
