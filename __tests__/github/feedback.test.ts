import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Feedback, VerificationReport } from '../../src/github/contract.js';
import { makeTemplate, SECRET, startWorld, type Template, type World } from './world.js';

let template: Template;
let world: World;

beforeAll(async () => {
  template = await makeTemplate({
    'docs/CODEOWNERS': '* @nobody\n',
    '.github/CODEOWNERS': '/src/ @alice @acme/sre\n/web/ @bob\n',
  });
});

afterAll(() => template.remove());

beforeEach(async () => {
  world = await startWorld(template);
});

afterEach(() => world.stop());

const tell = async (
  act: (feedback: Feedback) => void,
  token: 'job' | 'contents' = 'job',
  environment = 'production',
) => {
  const connected = world.connect(token, { environment });
  act(connected.hub.feedback);
  await connected.hub.feedback.settle(20_000);
  return connected;
};
const report = (overrides: Partial<VerificationReport> = {}): VerificationReport => ({
  title: 'Verification does not pass',
  body: '3 tests failed.',
  files: ['src/cart.ts'],
  ...overrides,
});

test('the first failure opens an issue that mentions the owners of its files', async () => {
  await tell((feedback) => feedback.report(report({ body: `a ${SECRET}` })));
  expect(world.github.issues()).toMatchObject([
    {
      state: 'open',
      labels: ['gated-release-verification'],
      body: 'a ***\n\ncc @alice @acme/sre\n\n<!-- gated-release: verification shop/production -->',
    },
  ]);
});

test('further failures bring it up to date, and mention whom they concern now, once', async () => {
  await tell((feedback) => feedback.report(report()));
  const later = report({ body: 'Another one.', files: ['src/cart.ts', 'web/a.ts'] });
  await tell((feedback) => feedback.report(later));
  await tell((feedback) => feedback.report(later));
  expect(world.github.issues()).toMatchObject([{ body: expect.stringContaining('Another one.') }]);
  const comments = world.github.comments().map(({ body }) => body);
  expect(comments).toHaveLength(1);
  expect(comments[0]).toContain('@bob This concerns files that you own');
});

test('a later run that passes closes it with a comment; the next failure is a new issue', async () => {
  await tell((feedback) => feedback.report(report()));
  await tell((feedback) => feedback.close('It passes again.'));
  await tell((feedback) => feedback.close('It passes still.'));
  expect(world.github.issues().map(({ state }) => state)).toEqual(['closed']);
  expect(world.github.comments().map(({ body }) => body)).toEqual([
    expect.stringContaining('It passes again.'),
  ]);
  await tell((feedback) => feedback.report(report()));
  expect(world.github.issues().map(({ state }) => state)).toEqual(['closed', 'open']);
});

test('each environment has its own', async () => {
  await tell((feedback) => feedback.report(report()));
  await tell((feedback) => feedback.report(report()), 'job', 'staging');
  await tell((feedback) => feedback.close('It passes again.'), 'job', 'staging');
  expect(world.github.issues().map(({ state }) => state)).toEqual(['open', 'closed']);
});

test('without the permission nothing happens, and that is noted', async () => {
  const { hub } = await tell((feedback) => feedback.report(report()), 'contents');
  expect(world.github.issues()).toEqual([]);
  expect(hub.permissions.list()).toMatchObject([{ permission: 'issues: write' }]);
});
