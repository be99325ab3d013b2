import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { openStore } from '../../src/backup/stores/registry.js';
import { createClock } from '../../src/host/clock.js';
import { parsePlan } from '../../src/plan/parse.js';
import { needs } from '../components.js';
import { createWorld, files, realPorts, run, type World } from './world.js';

interface Shown {
  readonly backup: {
    readonly sources: {
      readonly settings: { readonly files: readonly string[] };
      readonly orders: { readonly run: { produce: string; consume: string; fingerprint: string } };
    };
  };
}

let world: World;
let page: string;
beforeEach(async () => {
  world = await createWorld();
  page = await readFile(join(import.meta.dirname, '../../docs/backup.md'), 'utf8');
});
afterEach(() => world.remove());

needs('sqlite3')('the first example', () => {
  test('works, and so do its commands to restore', async () => {
    await world.write({ 'config/a': 'a', 'uploads/b': 'b' });
    sqlite("create table orders (id, item); insert into orders values (1, 'tea');", world.workspace);
    const { sources } = (parse(blocks('yaml')[0] ?? '') as Shown).backup;
    const result = await world.take([files(...sources.settings.files), run(sources.orders.run)]);
    expect(result.summary).toContain('found identical');

    const asShown = (text: string) => text.replaceAll('/var/backups/shop', world.store);
    const store = await readFile(join(import.meta.dirname, '../../docs/backup/directory.md'), 'utf8');
    const [tree = '', stream = ''] = blocks('sh', store).map(asShown);
    execFileSync('bash', ['-ec', tree], { cwd: world.temporary });
    expect(await readFile(join(world.temporary, 'restored/config/a'), 'utf8')).toBe('a');
    execFileSync('bash', ['-ec', `rm -r restored; ${stream}`], { cwd: world.temporary });
    expect(sqlite('select item from orders', join(world.temporary, 'restored'))).toBe('tea\n');
  });
});

test('every plan in the overview is a valid one', async () => {
  const [name, text] = ['backup.md', page];
  const plans = blocks('yaml', text).filter((block) => block.startsWith('backup:'));
  expect(plans.length).toBeGreaterThan(0);
  for (const plan of plans) {
    const outcome = parsePlan({
      text: `service: shop\npromote: ./deploy.sh\n${plan}`,
      source: name,
      environment: 'production',
    });
    expect('problems' in outcome ? outcome.problems : []).toEqual([]);
  }
});

test('the command that the page of restic shows is the one that a backup gives', async () => {
  const text = await readFile(join(import.meta.dirname, '../../docs/backup/restic.md'), 'utf8');
  const store = await openStore(
    { kind: 'restic', repository: '${RESTIC_REPOSITORY}', sameMachine: false, timeoutMs: 1000 },
    {
      ...realPorts(world.workspace),
      clock: createClock(),
      env: { RESTIC_REPOSITORY: 's3:https://s3.example/backups', RESTIC_PASSWORD: 'x' },
      workspace: world.workspace,
      environment: 'production',
    },
  );
  expect(blocks('sh', text)).toContain(`${store.byHand('0a1b2c3d', 'settings').tree('restored-settings')}\n`);
});

test('every file that the documentation names is there', async () => {
  for (const [, path = ''] of page.matchAll(/`((?:src|__tests__)\/[\w/.-]+\.ts)`/g)) {
    await expect(readFile(join(import.meta.dirname, '../..', path))).resolves.toBeDefined();
  }
});

test('every row of the table of faults names a test that is there', async () => {
  const text = await readFile(join(import.meta.dirname, '../../docs/backup-faults.md'), 'utf8');
  const rows = [...text.matchAll(/^\| .* \| `([\w/.-]+)`: (.*) \|$/gm)];
  expect(rows).toHaveLength(text.split('\n').filter((line) => line.startsWith('| ')).length - 1);
  for (const [, file = '', name = ''] of rows) {
    expect(await readFile(join(import.meta.dirname, file), 'utf8')).toContain(name);
  }
});

function sqlite(sql: string, directory: string): string {
  return execFileSync('sqlite3', ['orders.db', sql], { cwd: directory, encoding: 'utf8' });
}

function blocks(language: string, text = page): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );
}
