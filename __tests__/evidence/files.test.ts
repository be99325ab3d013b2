import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { junit, makeWorkspace, type Workspace } from './world.js';

const REPORT = '<testsuite><testcase name="a"/></testsuite>';
let workspace: Workspace;

beforeEach(async () => {
  workspace = await makeWorkspace();
});

afterEach(() => workspace.remove());

const at = (path: string) => join(workspace.directory, path);

test('no file where one was asked for is a problem, and so is a directory that is not there', async () => {
  const none = /^evidence-missing: no file matches "reports\/\*\.xml"/;
  expect(await workspace.problem(junit('reports/*.xml'), {})).toMatch(none);
  await mkdir(at('reports'));
  expect(await workspace.problem(junit('reports/*.xml'), {})).toMatch(none);
});

test('a report that lay there before the suite is no evidence, also beside a new one', async () => {
  await workspace.write({ 'old.xml': REPORT });
  expect(await workspace.problem(junit('*.xml'), { 'new.xml': REPORT })).toMatch(
    /^evidence-stale: "old\.xml" is older than this run/,
  );
});

test('a report that was made anew is evidence, even with the same content and at the same place', async () => {
  await workspace.write({ 'r.xml': REPORT });
  expect(await workspace.collect(junit('r.xml'), { 'r.xml': REPORT })).toHaveProperty('facts');
});

test('an old report that is moved to its place, or given a new time only in name, stays old', async () => {
  const old = new Date(Date.now() - 60_000);
  await workspace.write({ 'kept/r.xml': REPORT });
  await utimes(at('kept/r.xml'), old, old);
  expect(await workspace.problem(junit('r.xml'), () => rename(at('kept/r.xml'), at('r.xml')))).toMatch(
    /^evidence-stale/,
  );
});

test('a link that leads out of the workspace is refused, whether it is the file or its directory', async () => {
  await writeFile(at('../secret.xml'), REPORT);
  expect(await workspace.problem(junit('a.xml'), () => symlink('../secret.xml', at('a.xml')))).toMatch(
    /^evidence-outside: "a\.xml"/,
  );
  await symlink('..', at('up'));
  expect(await workspace.problem(junit('up/*.xml'), {})).toMatch(/^evidence-outside: "up"/);
  expect(await workspace.problem(junit('up/secret.xml'), {})).toMatch(/^evidence-outside: "up\/secret\.xml"/);
  expect(await workspace.problem(junit('**/secret.xml'), {})).toMatch(/^evidence-missing/);
});

test('a link inside of the workspace is followed, one to nothing is refused', async () => {
  const linked = async () => {
    await workspace.write({ 'build/r.xml': REPORT });
    await symlink('build/r.xml', at('r.xml'));
  };
  expect(await workspace.collect(junit('r.xml'), linked)).toHaveProperty('facts');
  expect(await workspace.problem(junit('s.xml'), () => symlink('gone', at('s.xml')))).toMatch(
    /^evidence-missing: "s\.xml" is a link to nothing/,
  );
});

test('a directory, and a pipe that would never end, are refused and not waited for', async () => {
  expect(await workspace.problem(junit('d.xml'), async () => void (await mkdir(at('d.xml'))))).toMatch(
    /^evidence-invalid: "d\.xml" is a directory/,
  );
  const pipe = async () => void execFileSync('mkfifo', [at('p.xml')]);
  expect(await workspace.problem(junit('p.xml'), pipe)).toMatch(/^evidence-invalid: .*not a regular file/);
});

test('a report of 200 MB is refused before it is read, and so are many that are as large together', async () => {
  const large = (name: string, bytes: number) => async () => {
    await writeFile(at(name), REPORT);
    await truncate(at(name), bytes);
  };
  const started = Date.now();
  expect(await workspace.problem(junit('big.xml'), large('big.xml', 200_000_000))).toMatch(
    /^evidence-too-large: .*larger than 128 MiB/,
  );
  const both = async () => {
    await large('a.xml', 100_000_000)();
    await large('b.xml', 100_000_000)();
  };
  expect(await workspace.problem(junit('[ab].xml'), both)).toMatch(/^evidence-too-large: with "b\.xml"/);
  expect(Date.now() - started).toBeLessThan(5_000);
});

test('what tools keep for themselves is not searched, unless the pattern says so', async () => {
  const files = { 'node_modules/x/r.xml': REPORT, '.git/r.xml': REPORT, 'mine/r.xml': REPORT };
  const facts = await workspace.facts(junit('**/r.xml'), files);
  expect(facts.files).toEqual(['mine/r.xml']);
  await rm(at('node_modules'), { recursive: true });
  expect((await workspace.facts(junit('node_modules/**/r.xml'), files)).files).toEqual([
    'node_modules/x/r.xml',
  ]);
});

test('a hidden directory and a file of two patterns are read, once', async () => {
  const facts = await workspace.facts(junit('.reports/*.xml', '**/*.xml'), { '.reports/r.xml': REPORT });
  expect(facts).toMatchObject({ files: ['.reports/r.xml'], tests: 1 });
});
