import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startMariadb, type TestServer } from '../backup/servers.js';
import { isInstalled } from '../components.js';
import { DISPATCH, expectDecision } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';
import { quickPlan } from './quick-plan.js';
import type { Scenario } from './scenario.js';

const QUIESCE = {
  on: 'echo "quiesce on" >> "$SERVICE/calls"',
  off: 'echo "quiesce off" >> "$SERVICE/calls"',
};

const plan = (quiesce: object = QUIESCE, more: object = {}) => {
  const { rollback } = JSON.parse(quickPlan()) as { rollback: object };
  return quickPlan({
    canary: null,
    metrics: null,
    backup: {
      store: { directory: '${SERVICE}/backups', 'same-machine': true },
      sources: { orders: { sqlite: '${SERVICE}/shop.db' }, ...more },
    },
    rollback: { ...rollback, quiesce },
  });
};

const RESTORE = { command: 'rollback', reason: 'Orders are spoiled', data: 'restore' };

/** By the SQLite of this Node, in a process of its own. */
function sqlite(scenario: Scenario, sql: string, file = 'shop.db'): unknown {
  const code = `
    const [, file, sql] = process.argv;
    const database = new (require('node:sqlite').DatabaseSync)(file);
    if (/^select/.test(sql)) console.log(JSON.stringify(Object.values(database.prepare(sql).get())));
    else database.exec(sql);`;
  const path = join(scenario.service.directory, file);
  const printed = execFileSync(process.execPath, ['--no-warnings', '-e', code, path, sql], {
    encoding: 'utf8',
  });
  return printed === '' ? null : JSON.parse(printed);
}

const LOST_ONCE = '[ -e "$SERVICE/lost" ] || { touch "$SERVICE/lost"; kill -9 $PPID; sleep 5; }';

const STATE = "select count(*), group_concat(item, ' ') from orders";

/** Of three kinds at once, each with a swap of its own; MariaDB where it is installed. */
const KINDS = {
  settings: { files: ['config/**'] },
  ...(isInstalled('mariadb') ? { carts: { mysql: '${CARTS}', scratch: '${SPARE}' } } : {}),
};
let carts: TestServer | undefined;
let spare: TestServer | undefined;

beforeAll(async () => {
  if (!isInstalled('mariadb')) return;
  [carts, spare] = await startMariadb(2);
  await spare?.sql('create database given');
  await carts?.sql('create database carts; create table carts.t (x int); insert into carts.t values (1)');
});
afterAll(() => Promise.all([carts?.stop(), spare?.stop()]));

const env = () => ({ CARTS: carts?.url('carts') ?? '', SPARE: spare?.url('given') ?? '' });

/** 1.1 is good; the release of 1.2 took a backup and then spoiled the orders. */
async function spoiled(scenario: Scenario): Promise<string> {
  sqlite(
    scenario,
    "create table orders (id integer primary key, item text); insert into orders (item) values ('tea'), ('pot')",
  );
  await scenario.release({ version: '1.1', env: env() });
  const bad = await scenario.release({ version: '1.2', env: env() });
  expect(bad.decision).toBe('promoted');
  sqlite(scenario, "update orders set item = 'spoiled'; insert into orders (item) values ('later')");
  scenario.service.forgetCalls();
  return bad.sha;
}

test.concurrent(
  'a person brings the data of before back: saved first, proved, swapped by a rename, between the quiesce scripts',
  play({ ...INSIDE, plan: plan(QUIESCE, KINDS), files: { 'config/shop.json': 'good' } }, async (scenario) => {
    const sha = await spoiled(scenario);
    await carts?.sql('update carts.t set x = 99; create table carts.later (x int)');
    const pushed = await scenario.release({ sha, with: RESTORE });
    expectDecision(scenario, pushed, {
      decision: 'blocked',
      reason: 'input-invalid',
      says: ['only a person'],
    });
    const dry = await scenario.release({
      sha,
      ...DISPATCH,
      env: env(),
      with: { ...RESTORE, 'dry-run': 'true' },
    });
    expectDecision(scenario, dry, {
      decision: 'passed',
      reason: 'dry-run',
      says: ['with its data from', 'are lost'],
    });
    expect(sqlite(scenario, STATE)).toEqual([3, 'spoiled spoiled later']);

    const back = await scenario.release({
      ...{ sha, ...DISPATCH, with: RESTORE, env: env() },
      steps: (release) => [
        { kind: 'run', script: 'echo spoiled > config/shop.json; touch config/later' },
        release,
        {
          kind: 'run',
          if: 'always',
          script: 'echo $(ls config) $(cat config/shop.json) > "$SERVICE/settings"',
        },
      ],
    });
    expectDecision(scenario, back, {
      decision: 'rolled-back',
      reason: 'rollback-asked',
      says: ['proved identical'],
    });
    expect(back.log).toMatch(/The data goes back to \S+-orders of 20.*all writes since .* are lost/);
    expect(scenario.service.calls()).toEqual(['quiesce on', 'rollback 1.1', 'quiesce off']);
    expect(sqlite(scenario, STATE)).toEqual([2, 'tea pot']);
    expect(readFileSync(join(scenario.service.directory, 'settings'), 'utf8')).toBe('shop.json good\n');
    expect((await carts?.sql('show tables; select x from t', 'carts')) ?? 't\n1').toBe('t\n1');

    const kept = readdirSync(scenario.service.directory).filter((name) => name.startsWith('shop.db_'));
    expect(kept).toEqual([expect.stringMatching(/^shop\.db_before_/)]);
    expect(sqlite(scenario, STATE, kept[0])).toEqual([3, 'spoiled spoiled later']);

    const release = String(back.result.release_id);
    const events = await scenario.events(release);
    const types = events.map(({ type, effect }) => `${type} ${effect ?? ''}`.trim());
    expect(types.indexOf('backed-up')).toBeGreaterThan(types.indexOf('outcome quiesce'));
    expect(types.indexOf('intent restore')).toBeGreaterThan(types.indexOf('backed-up'));
    expect(types.indexOf('outcome restore')).toBeGreaterThan(types.indexOf('intent restore'));
    const { backups } = (events[0]?.data ?? {}) as { backups: { kind: string }[] };
    expect(backups.map(({ kind }) => kind)).toEqual(['sqlite', 'files', ...(carts ? ['mysql'] : [])]);
    expect(back.result).toMatchObject({
      data: { result: 'done', note: expect.stringContaining('proved identical') },
    });
  }),
);

test.concurrent(
  'a run that is lost before the swap leaves the data as it was; what cannot be saved any more is replaced when a person says so',
  play({ plan: plan({ ...QUIESCE, on: LOST_ONCE }) }, async (scenario) => {
    const sha = await spoiled(scenario);
    const lost = await scenario.release({ sha, ...DISPATCH, with: RESTORE });
    expect(lost.job.status).toBe('failure');
    expect(scenario.service.calls()).toEqual(['rollback 1.1', 'quiesce off']);
    expect(sqlite(scenario, STATE)).toEqual([3, 'spoiled spoiled later']);
    const { recent } = (await scenario.current()) as { recent: { release: string; decision: string }[] };
    expect(recent[0]).toMatchObject({ decision: 'rollback-failed' });
    const events = await scenario.events(recent[0]?.release ?? '');
    expect(events.find(({ type }) => type === 'data-restored')).toMatchObject({
      result: 'untouched',
      note: expect.stringContaining('dispatch it again'),
    });

    // By now the data cannot even be read, so it cannot be saved first; a person says that it may go.
    writeFileSync(join(scenario.service.directory, 'shop.db'), 'no database any more');
    const stopped = await scenario.release({ sha, ...DISPATCH, with: RESTORE });
    expectDecision(scenario, stopped, {
      decision: 'blocked',
      reason: 'restore-impossible',
      says: ['is no SQLite database', 'override: broken-state'],
    });
    const override = 'broken-state';
    const done = await scenario.release({ sha, ...DISPATCH, with: { ...RESTORE, override } });
    expectDecision(scenario, done, {
      decision: 'rolled-back',
      reason: 'rollback-asked',
      says: ['could not be saved first'],
    });
    expect(sqlite(scenario, STATE)).toEqual([2, 'tea pot']);
    const [started] = await scenario.events(String(done.result.release_id));
    expect(started).toMatchObject({ overrides: ['broken-state'], reason: RESTORE.reason });
  }),
);
