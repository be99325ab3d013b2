import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type RefusedChange, Rules } from '../../sandbox/github/rules.js';
import { makeTemplate, startWorld, type Template, type World } from './world.js';

interface Ruleset {
  readonly target: string;
  readonly conditions: {
    readonly ref_name: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  };
  readonly rules: readonly { readonly type: string }[];
  readonly bypass_actors: readonly unknown[];
}

const TEXT = readFileSync('docs/ledger-ruleset.json', 'utf8');
const RULESET = JSON.parse(TEXT) as Ruleset;
const REFUSES: Readonly<Record<string, RefusedChange>> = {
  creation: 'create',
  update: 'update',
  deletion: 'delete',
  non_fast_forward: 'force',
};

let template: Template;
let world: World;

beforeAll(async () => {
  template = await makeTemplate({ 'a.txt': 'a\n' });
});
afterAll(() => template.remove());
beforeEach(async () => {
  world = await startWorld(template);
  for (const ref of RULESET.conditions.ref_name.include)
    world.github.protect(ref.replace(/^refs\/heads\//, ''), {
      kind: 'ruleset',
      refuses: RULESET.rules.map(({ type }) => REFUSES[type] ?? 'update'),
    });
});
afterEach(() => world.stop());

const ask = (method: string, body?: object) =>
  fetch(`${world.github.apiUrl}/repos/acme/shop/git/refs/heads/gated-release/shop/production`, {
    method,
    headers: { authorization: 'Bearer ghs_job', 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

test('the ruleset of the threat model lets a ledger grow, and neither be deleted nor rewritten', async () => {
  const { ledger } = world.connect().hub;
  const write = (expectedHead: string | null, text: string) =>
    ledger.write({ expectedHead, message: `shop/production: ${text}`, files: { 'current.json': text } });
  const first = await write(null, 'one');
  const second = await write(first, 'two');
  expect((await ask('DELETE')).status).toBe(422);
  expect((await ask('PATCH', { sha: first, force: true })).status).toBe(422);
  expect(await world.connect().hub.ledger.read()).toEqual({ head: second, current: 'two' });
});

test('a pattern counts segments as GitHub does: only `**/` stands for any number of them', () => {
  const covers = (pattern: string, branch: string) => {
    const rules = new Rules();
    rules.protect(pattern);
    return rules.of(branch).length > 0;
  };
  const ledger = 'gated-release/shop/production';
  for (const { pattern, is } of [
    { pattern: 'gated-release/**/*', is: true },
    { pattern: '**/*', is: true },
    { pattern: 'gated-release/*/*', is: true },
    { pattern: 'gated-release/**', is: false },
    { pattern: 'gated-release/*', is: false },
    { pattern: '**', is: false },
  ])
    expect([pattern, covers(pattern, ledger)]).toEqual([pattern, is]);
  expect(RULESET.conditions.ref_name.include.map((ref) => covers(ref, `refs/heads/${ledger}`))).toEqual([
    true,
  ]);
});

test('the page shows the ruleset that can be imported, and it lets nobody pass', () => {
  const shown = /```json\n([\s\S]*?)```/.exec(readFileSync('docs/threat-model.md', 'utf8'))?.[1];
  expect(shown).toBe(TEXT);
  expect(RULESET).toMatchObject({
    target: 'branch',
    bypass_actors: [],
    conditions: { ref_name: { exclude: [] } },
  });
});
