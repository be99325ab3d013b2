import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { findNode } from '../../sandbox/runner/node-binary.js';

/** A directory, in the place of a file: no write to it succeeds, as on a full disk. */
const directory = mkdtempSync(join(tmpdir(), 'runner-files-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The packaged action, asked for what it refuses before it would look at anything outside. */
function refused(files: Readonly<Record<string, string>>) {
  const summary = join(directory, 'summary.md');
  writeFileSync(summary, '');
  const env = {
    PATH: process.env.PATH,
    INPUT_COMMAND: 'relase',
    INPUT_TOKEN: 'a token',
    RUNNER_TEMP: directory,
    GITHUB_STEP_SUMMARY: summary,
    ...files,
  };
  const run = spawnSync(findNode(), ['dist/index.js'], { env, encoding: 'utf8' });
  return { ...run, text: run.stdout + run.stderr, summary: readFileSync(summary, 'utf8') };
}

test('outputs that cannot be written are named, and the summary and the exit code still say how it ended', () => {
  const { status, text, summary } = refused({ GITHUB_OUTPUT: directory });
  expect(status).toBe(1);
  expect(text).toMatch(/::error::The output `decision` is missing: EISDIR/);
  expect(text).toContain('title=Gated Release%3A blocked::blocked (input-invalid)');
  expect(text).not.toMatch(/^\s+at /m);
  expect(summary).toContain('relase');
});

test('without a place for what post must know nothing is begun, and no stack is printed', () => {
  const { status, text, summary } = refused({ GITHUB_STATE: directory });
  expect(status).toBe(1);
  expect(text).toContain('Nothing was begun: what the post step must know cannot be written (EISDIR');
  expect(text).not.toMatch(/^\s+at /m);
  expect(summary).toBe('');
});
