import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checksOf, expectDecision, shortPlan, warningsOf } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { quickCanary, quickPlan } from './quick-plan.js';
import type { Released, Scenario } from './scenario.js';

const STAGES = ['plan', 'verify', 'backup', 'canary', 'promote', 'rollback'];

const plan = quickPlan({
  verify: { unit: { run: 'echo tested', timeout: '10s' } },
  canary: quickCanary({
    steps: [
      { weight: 10, for: 0 },
      { weight: 25, for: 0 },
      { weight: 50, for: '1s' },
    ],
  }),
  contacts: [{ name: 'On call', role: 'operations', github: '@acme/sre' }],
  notify: [
    { webhook: '${SERVICE_URL}/hook', events: ['promoted', 'blocked'] },
    { webhook: '${SERVICE_URL}/broken-hook', events: ['promoted'] },
    { webhook: 'http://127.0.0.1:9/refused', events: ['promoted'] },
  ],
});
const short = shortPlan({ verify: { unit: { run: 'test "$RELEASE_VERSION" != 1.3', timeout: '10s' } } });

test.concurrent(
  'a release is told in outputs, summary, checks, deployment, notification and ledger',
  play({ plan }, async (scenario) => {
    const done = await scenario.release({ version: '1.1' });
    // Of the three notifications two find nobody: that is a warning, and no more.
    expectDecision(scenario, done, { decision: 'promoted', reason: 'all-gates-passed' });
    expectOutputs(done);
    expectSummary(done);
    expect(checksOf(scenario, done.sha)).toEqual({
      plan: 'success',
      verify: 'success',
      backup: 'skipped',
      canary: 'success',
      promote: 'success',
    });
    expect(statesOf(scenario)).toEqual([{ version: done.sha, states: ['in_progress', 'success'] }]);
    expectNotified(scenario, done);
    await expectLedger(scenario, done);
  }),
);

test.concurrent(
  'the deployment that is superseded turns inactive, that of a release which stopped is a failure',
  play({ ...INSIDE, plan: short }, async (scenario) => {
    const shas: string[] = [];
    for (const version of ['1.1', '1.2', '1.3']) shas.push((await scenario.release({ version })).sha);
    expect(statesOf(scenario)).toEqual([
      { version: shas[0], states: ['in_progress', 'success', 'inactive'] },
      { version: shas[1], states: ['in_progress', 'success'] },
      { version: shas[2], states: ['in_progress', 'failure'] },
    ]);
    const { github } = scenario;
    expect(github.deployments().map(({ environment, task }) => [environment, task])).toEqual(
      shas.map(() => ['production', 'deploy']),
    );
    const front = (await scenario.ledger('README.md')) ?? '';
    for (const version of ['1.1', '1.2', '1.3']) expect(front).toContain(version);
    expect(front).toMatch(/Deployment frequency|Change fail/i);
    expect(await scenario.current()).toMatchObject({
      release: null,
      lease: null,
      fence: 3,
      last_promoted: { version: '1.2', sha: shas[1] },
      recent: [{ decision: 'blocked' }, { decision: 'promoted' }, { decision: 'promoted' }],
    });
    expect(github.violations).toEqual([]);
  }),
);

function expectOutputs(done: Released): void {
  const action = parse(readFileSync('action.yml', 'utf8')) as { outputs: object };
  expect(Object.keys(done.outputs).sort()).toEqual(Object.keys(action.outputs).sort());
  const { outputs, result } = done;
  expect(outputs).toMatchObject({
    version: '1.1',
    'previous-version': '1.0',
    'in-service-version': '1.1',
    weight: '0',
    sha: done.sha,
    'rollback-commit': '',
  });
  expect(outputs['release-id']).toMatch(new RegExp(`^\\d{8}-\\d{6}-${done.sha.slice(0, 7)}-[a-z0-9]{4}$`));
  expect(outputs.report).toContain(outputs['release-id'] ?? 'an id');
  const stages = result.stages as { name: string; verdict: string; started_at: string; ended_at: string }[];
  expect(stages.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['plan', 'passed'],
    ['verify', 'passed'],
    ['backup', 'skipped'],
    ['canary', 'passed'],
    ['promote', 'passed'],
    ['rollback', 'not-run'],
  ]);
  expect(stages.map(({ name }) => name)).toEqual(STAGES);
  for (const { started_at, ended_at } of stages.slice(0, -1)) {
    expect(Date.parse(ended_at)).toBeGreaterThanOrEqual(Date.parse(started_at));
  }
  expect(result).toMatchObject({
    schema_version: 1,
    remedy: 'Nothing to do.',
    release_id: outputs['release-id'],
    weight_verified: true,
    weights: [10, 25, 50, 0].map((weight) => ({ weight, verified: true })),
    rollback: null,
    left_out: [],
  });
}

function expectSummary({ summary }: Released): void {
  expect(summary).toMatch(/^## PROMOTED: `shop` `1\.1` in `production`/);
  expect(summary).toContain('| Stage | Verdict | Found | Took |');
  for (const stage of STAGES) expect(summary).toMatch(new RegExp(`^\\| \`${stage}\` \\|`, 'm'));
  expect(summary).toMatch(/```mermaid\nxychart-beta[\s\S]*?```/);
}

function expectNotified(scenario: Scenario, done: Released): void {
  const bodies = scenario.service.posted().map((body) => JSON.parse(body) as object);
  expect(bodies).toEqual([
    expect.objectContaining({
      schema_version: 1,
      event: 'promoted',
      version: '1.1',
      sha: done.sha,
      release: done.outputs['release-id'],
      reason_code: 'all-gates-passed',
      in_service: '1.1',
      weight: 0,
    }),
  ]);
  const warnings = warningsOf(done).join('\n');
  expect(warnings).toMatch(/notification to \$\{SERVICE_URL\}\/broken-hook was answered with 500/);
  expect(warnings).toMatch(/notification to http:\/\/127\.0\.0\.1:9\/refused was not sent/);
}

async function expectLedger(scenario: Scenario, done: Released): Promise<void> {
  const release = done.outputs['release-id'] ?? '';
  expect((await scenario.ledgerCommits()).length).toBeLessThanOrEqual(12);
  expect((await scenario.ledgerCommits()).every((message) => message.endsWith('[skip ci]'))).toBe(true);
  const events = await scenario.events(release);
  expect(events[0]).toMatchObject({
    type: 'started',
    schema_version: 1,
    version: '1.1',
    steps: [10, 25, 50],
  });
  expect(events.at(-1)).toMatchObject({ type: 'ended', decision: 'promoted' });
  const times = events.map(({ at }) => String(at));
  expect(times).toEqual([...times].sort());
  expect(await scenario.current()).toMatchObject({ schema_version: 1, lease: null, release: null });
  expect(await scenario.ledger('README.md')).toContain('1.1');

  const report = (await scenario.ledger(`${release}/report.md`)) ?? '';
  const pictures = [...report.matchAll(/\]\(([^)\s]+\.svg)\)/g)].map(([, path = '']) =>
    path.replace('./', ''),
  );
  expect(pictures.length).toBeGreaterThan(0);
  for (const path of pictures) {
    const svg = (await scenario.ledger(`${release}/${path}`)) ?? '';
    expect(svg.trim()).toMatch(/^<svg [\s\S]*<\/svg>$/);
    expect(svg).not.toMatch(/<script|\son\w+=|NaN|undefined/);
  }
}

function statesOf(scenario: Scenario) {
  return scenario.github.deployments().map(({ sha, statuses }) => ({
    version: sha,
    states: statuses.map(({ state }) => state),
  }));
}
