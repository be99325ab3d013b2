import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createWorld, files, run, type World } from './world.js';

interface Shown {
  readonly backup: {
    readonly sources: {
      readonly settings: { readonly files: readonly string[] };
      readonly orders: { readonly run: { produce: string; consume: string; fingerprint: string } };
    };
  };
}

const hasSqlite = spawnSync('sqlite3', ['-version']).status === 0;
let world: World;
let page: string;
beforeEach(async () => {
  world = await createWorld();
  page = await readFile(join(import.meta.dirname, '../../docs/backup.md'), 'utf8');
});
afterEach(() => world.remove());

(hasSqlite ? test : test.skip)(
  'the plan that the documentation shows works, and so do its commands to restore',
  async () => {
    await world.write({ 'config/a': 'a', 'uploads/b': 'b' });
    sqlite("create table orders (id, item); insert into orders values (1, 'tea');", world.workspace);
    const { sources } = (parse(blocks('yaml')[0] ?? '') as Shown).backup;
    const result = await world.take([files(...sources.settings.files), run(sources.orders.run)]);
    expect(result.summary).toContain('found identical');

    const asShown = (text: string) => text.replaceAll('/var/backups/shop', world.store);
    const [tree = '', stream = ''] = blocks('sh').map(asShown);
    execFileSync('bash', ['-ec', tree], { cwd: world.temporary });
    expect(await readFile(join(world.temporary, 'restored/config/a'), 'utf8')).toBe('a');
    execFileSync('bash', ['-ec', `rm -r restored; ${stream}`], { cwd: world.temporary });
    expect(sqlite('select item from orders', join(world.temporary, 'restored'))).toBe('tea\n');
  },
);

test('every file that the documentation names is there', async () => {
  for (const [, path = ''] of page.matchAll(/`((?:src|__tests__)\/[\w/.-]+\.ts)`/g)) {
    await expect(readFile(join(import.meta.dirname, '../..', path))).resolves.toBeDefined();
  }
});

function sqlite(sql: string, directory: string): string {
  return execFileSync('sqlite3', ['orders.db', sql], { cwd: directory, encoding: 'utf8' });
}

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );
}
