import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findTool } from '../../src/stages/find-tool.js';
import { type Bench, createBench } from '../host/fixture.js';

const BASE = createBench();
let bench: Bench;

beforeAll(() => {
  const { workspace } = BASE;
  const write = (name: string, text: string, mode: number) =>
    writeFileSync(join(workspace, name), `#!/bin/bash\n${text}\n`, { mode });
  write('banner', 'printf "banner 2.1.0\\r\\nbuilt 2026\\n"', 0o755);
  write('no-exec', 'echo "no-exec 1.0"', 0o644);
  write('hangs', `touch "${workspace}/started"; sleep 60`, 0o755);
  bench = createBench({ env: { PATH: `${workspace}:${process.env.PATH ?? ''}` } });
});
afterAll(() => {
  BASE.remove();
  bench.remove();
});

const look = (name: string, asked: { readonly isVersionAsked: boolean; readonly timeoutMs?: number }) =>
  findTool(bench.scripts, { name, timeoutMs: 20_000, signal: new AbortController().signal, ...asked });

test('a tool tells its version; a word of the shell and what is not there are no tools', async () => {
  const [banner, word, none] = await Promise.all(
    ['banner', 'coproc', 'no-such-tool'].map((name) => look(name, { isVersionAsked: true })),
  );
  expect(banner).toEqual({ kind: 'found', version: '2.1.0' });
  expect([word, none]).toEqual([{ kind: 'missing' }, { kind: 'missing' }]);
});

test('a file that may not be run is none, and is named', async () => {
  const path = join(BASE.workspace, 'no-exec');
  expect(await look('no-exec', { isVersionAsked: false })).toEqual({ kind: 'refused', path });
});

test('a tool is started only for its version, and one that does not end is not told as missing', async () => {
  expect(await look('hangs', { isVersionAsked: false })).toEqual({ kind: 'found', version: null });
  expect(existsSync(join(BASE.workspace, 'started'))).toBe(false);
  expect(await look('hangs', { isVersionAsked: true, timeoutMs: 300 })).toEqual({
    ...{ kind: 'silent', afterMs: 300 },
  });
});
