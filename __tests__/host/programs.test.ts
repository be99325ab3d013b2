import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { createPrograms } from '../../src/host/programs.js';
import { createRedactor } from '../../src/host/redact.js';

const env = {
  PATH: process.env.PATH,
  INPUT_TOKEN: 'ghs_0123456789',
  DATABASE_PASSWORD: 'correct-horse',
};
const programs = createPrograms({
  env,
  workspace: tmpdir(),
  oidc: false,
  redactor: createRedactor({ env, tokens: [], names: [] }),
});
const bash = (script: string, ...args: readonly string[]) => ({
  command: 'bash',
  args: ['--noprofile', '--norc', '-c', script, 'bash', ...args],
});

describe('a program', () => {
  test('gets its arguments as they are, the workspace, and an environment without the inputs', async () => {
    const script = 'printf "%s|" "$1" "$PWD" "${INPUT_TOKEN-none}" "$ADDED" "$DATABASE_PASSWORD"';
    const request = { ...bash(script, '$(date) *'), env: { ADDED: 'yes' }, timeoutMs: 10_000 };
    const { outcome, stdout } = await programs.run(request);
    expect(outcome).toBe('ok');
    expect(stdout).toBe(`$(date) *|${realpathSync(tmpdir())}|none|yes|correct-horse|`);
  });

  test('streams from stdin to stdout and tells its exit code and its last words, redacted', async () => {
    const program = programs.start(bash('cat; echo "no $DATABASE_PASSWORD here" >&2; exit 3'));
    program.stdin.end('through');
    expect(await text(program.stdout)).toBe('through');
    expect(await program.ended).toEqual({
      outcome: 'failed',
      exitCode: 3,
      signal: null,
      tail: ['no *** here'],
    });
  });

  test('that is not there has ended as missing', async () => {
    const program = programs.start({ command: 'no-such-program-here', args: [] });
    program.stdin.end('nobody reads this');
    program.stdout.resume();
    expect(await program.ended).toMatchObject({ outcome: 'missing', exitCode: null });
  });

  test('that cannot be started has ended as errored', async () => {
    const { outcome } = await programs.run({ ...bash('true', 'a\0b'), timeoutMs: 10_000 });
    expect(outcome).toBe('errored');
  });

  test('is stopped by the signal that it asks for', async () => {
    const program = programs.start({
      ...bash('trap "echo cleaned; exit 130" INT; echo ready; while :; do sleep 0.05; done'),
      stopBy: 'SIGINT',
    });
    let said = '';
    for await (const chunk of program.stdout) {
      said += String(chunk);
      if (said === 'ready\n') program.stop();
    }
    expect(said).toBe('ready\ncleaned\n');
    expect(await program.ended).toMatchObject({ outcome: 'stopped', exitCode: 130 });
  });

  test('is stopped when it was cancelled, before or after its start, and when its time is up', async () => {
    const sleeping = bash('exec sleep 60');
    const before = await programs.run({ ...sleeping, signal: AbortSignal.abort(), timeoutMs: 60_000 });
    const controller = new AbortController();
    const running = programs.run({ ...sleeping, signal: controller.signal, timeoutMs: 60_000 });
    controller.abort();
    const late = await programs.run({ ...sleeping, timeoutMs: 50 });
    for (const end of [before, await running, late]) expect(end.outcome).toBe('stopped');
  });
});
