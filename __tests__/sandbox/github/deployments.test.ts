import { expect, test } from '@jest/globals';
import { commitFiles } from '../../../sandbox/github/seed.js';
import { started } from './started.js';

const quiet = { auto_merge: false, required_contexts: [] };

test('by default every context of the commit must be green', async () => {
  const { github, first, call } = await started();
  await call('POST', '~/check-runs', {
    body: { name: 'shop/production/plan', head_sha: first, status: 'in_progress' },
  });
  const refused = await call('POST', '~/deployments', { body: { ref: first } });
  expect(refused).toMatchObject({ status: 409, body: { message: expect.stringMatching(/^Conflict/) } });
  expect(
    (await call('POST', '~/deployments', { body: { ref: first, required_contexts: ['ci'] } })).status,
  ).toBe(409);
  expect((await call('POST', '~/deployments', { body: { ref: first, ...quiet } })).status).toBe(201);
  expect(github.deployments()).toHaveLength(1);
});

test('by default a branch that is behind is merged, and no deployment is made', async () => {
  const { github, first, call } = await started();
  await commitFiles(github, { branch: 'topic', parents: [first], message: 'Topic', files: { b: '1' } });
  await commitFiles(github, { branch: 'main', message: 'Main', files: { a: '1' } });
  const answer = await call('POST', '~/deployments', { body: { ref: 'topic' } });
  expect(answer).toMatchObject({
    status: 202,
    body: { message: 'Auto-merged main into topic on deployment.' },
  });
  expect(github.deployments()).toEqual([]);
  expect(await github.git('ls-tree', '--name-only', 'topic')).toBe('README.md\na\nb');
});

test('success makes earlier ones inactive, but never production ones', async () => {
  const { github, first, call } = await started();
  const deploy = async (environment: string) => {
    const { body } = await call('POST', '~/deployments', { body: { ref: first, environment, ...quiet } });
    await call('POST', `~/deployments/${body.id}/statuses`, { body: { state: 'success' } });
    return body.id;
  };
  for (const environment of ['staging', 'staging', 'production', 'production']) await deploy(environment);
  const states = github.deployments().map(({ statuses }) => statuses.map(({ state }) => state));
  expect(states).toEqual([['success', 'inactive'], ['success'], ['success'], ['success']]);
  const found = await call('GET', `~/deployments?environment=staging&sha=${first}`);
  expect(found.body.map(({ id }: { id: number }) => id)).toEqual(
    github
      .deployments()
      .filter(({ environment }) => environment === 'staging')
      .map(({ id }) => id)
      .reverse(),
  );
});

test('a status takes a description of up to 140 characters and gives its URLs back', async () => {
  const { first, call } = await started();
  const { body } = await call('POST', '~/deployments', { body: { ref: 'main', ...quiet } });
  expect(body).toMatchObject({
    sha: first,
    environment: 'production',
    production_environment: true,
    payload: {},
  });
  const path = `~/deployments/${body.id}/statuses`;
  expect(
    (await call('POST', path, { body: { state: 'failure', description: 'x'.repeat(141) } })).status,
  ).toBe(422);
  const made = await call('POST', path, { body: { state: 'in_progress', log_url: 'https://a.example/log' } });
  expect(made.body).toMatchObject({ log_url: 'https://a.example/log', environment_url: '' });
});

test('an active deployment among others cannot be deleted', async () => {
  const { first, call } = await started();
  const make = () => call('POST', '~/deployments', { body: { ref: first, ...quiet } });
  const [one] = [await make(), await make()];
  expect((await call('DELETE', `~/deployments/${one.body.id}`)).status).toBe(422);
});
