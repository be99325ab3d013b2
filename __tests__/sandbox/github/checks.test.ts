import { expect, test } from '@jest/globals';
import { ALL, started } from './started.js';

const annotation = { path: 'a', start_line: 1, end_line: 1, annotation_level: 'warning', message: 'm' };

test('a summary over 65,535 bytes is refused, a text is cut', async () => {
  const { github, first, call } = await started({ strict: false });
  const create = (output: object) =>
    call('POST', '~/check-runs', {
      body: { name: 'x', head_sha: first, output: { title: 't', summary: 's', ...output } },
    });
  expect((await create({ summary: 'é'.repeat(32_768) })).status).toBe(422);
  expect((await create({ summary: 'a'.repeat(65_535) })).status).toBe(201);
  const cut = await create({ text: `${'a'.repeat(65_534)}é` });
  expect(cut.status).toBe(201);
  expect(cut.body.output.text).toBe('a'.repeat(65_534));
  const tooLong = await create({ text: 'a'.repeat(70_000) });
  expect(tooLong.body.output.text).toHaveLength(65_535);
  expect(github.violations).toHaveLength(1);
});

test('51 annotations are refused; later ones are added while the output is replaced', async () => {
  const { github, first, call } = await started({ strict: false });
  const output = (count: number, more: object = {}) => ({
    title: 't',
    summary: 's',
    annotations: Array.from({ length: count }, () => annotation),
    ...more,
  });
  const refused = await call('POST', '~/check-runs', {
    body: { name: 'x', head_sha: first, output: output(51) },
  });
  expect(refused.body.message).toBe(
    'Invalid request.\n\nNo more than 50 items are allowed; 51 were supplied.',
  );
  expect(github.checkRuns()).toEqual([]);
  const made = await call('POST', '~/check-runs', {
    body: { name: 'x', head_sha: first, output: output(50, { text: 'long' }) },
  });
  const path = `~/check-runs/${made.body.id}`;
  const patched = await call('PATCH', path, { body: { output: output(3) } });
  expect(patched.body.output).toMatchObject({ annotations_count: 53, text: null });
});

test('details_url is what GitHub says, a conclusion completes, and each create adds a run', async () => {
  const { github, first, call } = await started();
  const body = {
    name: 'x',
    head_sha: first,
    details_url: 'https://elsewhere.example',
    conclusion: 'success',
  };
  const made = await call('POST', '~/check-runs', { body });
  expect(made.body).toMatchObject({
    status: 'completed',
    details_url: `${github.serverUrl}/acme/shop/runs/${made.body.id}`,
  });
  const again = await call('POST', '~/check-runs', { body: { ...body, conclusion: 'failure' } });
  expect(github.checkRuns(first)).toHaveLength(2);
  const latest = await call('GET', `~/commits/${first}/check-runs?check_name=x&filter=latest&app_id=15368`);
  expect(latest.body).toMatchObject({
    total_count: 1,
    check_runs: [{ id: again.body.id, conclusion: 'failure' }],
  });
  expect((await call('GET', `~/commits/${first}/check-runs?filter=all`)).body.total_count).toBe(2);
  expect((await call('GET', `~/commits/${first}/check-runs?app_id=1`)).body.total_count).toBe(0);
});

test('completing needs a conclusion', async () => {
  const { first, call } = await started();
  const answer = await call('POST', '~/check-runs', {
    body: { name: 'x', head_sha: first, status: 'completed' },
  });
  expect(answer).toMatchObject({
    status: 422,
    body: { message: 'Invalid request.\n\n"conclusion" wasn\'t supplied.' },
  });
});

test('a run belongs to the app that made it, and a job’s run to Actions itself', async () => {
  const { github, first, call } = await started();
  const app = { id: 42, slug: 'other', name: 'Other' };
  github.setToken('other', { token: 'other', kind: 'installation', permissions: ALL, app });
  const made = await call('POST', '~/check-runs', { body: { name: 'x', head_sha: first }, token: 'other' });
  const denied = await call('PATCH', `~/check-runs/${made.body.id}`, { body: { conclusion: 'success' } });
  expect(denied.status).toBe(403);
  expect(denied.body.message).toMatch(/can only be modified by the GitHub App that created it/);
  const job = github.addJob({ runId: github.addRun({ headSha: first }).id });
  const own = await call('PATCH', `~/check-runs/${job.id}`, {
    body: { status: 'completed', conclusion: 'success' },
  });
  expect(own.body.message).toBe(
    'Check run status and conclusions can only be updated internally by GitHub Actions',
  );
  expect(
    (await call('PATCH', `~/check-runs/${job.id}`, { body: { output: { title: 't', summary: 's' } } }))
      .status,
  ).toBe(200);
});

test('the combined status follows the newest of each context, whatever its case', async () => {
  const { first, call } = await started();
  const combined = async () => (await call('GET', `~/commits/${first}/status`)).body.state;
  const set = (context: string, state: string) =>
    call('POST', `~/statuses/${first}`, { body: { context, state } });
  expect(await combined()).toBe('pending');
  await set('ci', 'failure');
  await set('lint', 'success');
  expect(await combined()).toBe('failure');
  await set('CI', 'success');
  expect(await combined()).toBe('success');
  await set('lint', 'pending');
  expect(await combined()).toBe('pending');
});

test('a description of more than 140 characters is refused', async () => {
  const { first, call } = await started();
  const set = (length: number) =>
    call('POST', `~/statuses/${first}`, { body: { state: 'success', description: 'x'.repeat(length) } });
  expect((await set(140)).status).toBe(201);
  expect(await set(141)).toMatchObject({ status: 422, body: { message: 'Validation Failed' } });
});
