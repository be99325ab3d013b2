import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createRunner } from '../../src/host/actions.js';
import { createClock } from '../../src/host/clock.js';
import { createRedactor } from '../../src/host/redact.js';

let printed = '';
const stdout = {
  write(text: string) {
    printed += text;
  },
};
const runner = createRunner({ env: {}, stdout });
const log = runner.log(createRedactor({ env: {}, tokens: ['s3cr3t-token'], names: [] }));

beforeEach(() => {
  printed = '';
});

describe('the log', () => {
  test('redacts all that it prints', async () => {
    log.info('a s3cr3t-token');
    log.warning('b s3cr3t-token');
    log.error('c s3cr3t-token', 's3cr3t-token');
    await log.group('d s3cr3t-token', async () => undefined);
    expect(printed).not.toContain('s3cr3t');
    expect(printed.split('\n').slice(0, 4)).toEqual([
      'a ***',
      '::warning::b ***',
      '::error title=***::c ***',
      '::group::d ***',
    ]);
  });

  test('shows what looks like a command without the runner obeying it, and our own next command counts', () => {
    log.info('::add-path::/evil');
    log.info('and\r::error::more');
    runner.mask('value');
    const lines = printed.trimEnd().split('\n');
    const token = lines[0]?.replace('::stop-commands::', '');
    expect(token).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines.slice(1)).toEqual([
      '::add-path::/evil',
      'and',
      '::error::more',
      `::${token}::`,
      '::add-mask::value',
    ]);
  });

  test('closes a group when the work in it fails', async () => {
    await expect(log.group('g', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(printed).toBe('::group::g\n::endgroup::\n');
  });
});

test('an output and a state are written where the runner reads them', () => {
  const directory = mkdtempSync(join(tmpdir(), 'actions-'));
  try {
    const env = { GITHUB_OUTPUT: join(directory, 'output'), GITHUB_STATE: join(directory, 'state') };
    for (const file of Object.values(env)) writeFileSync(file, '');
    const own = createRunner({ env: { ...env, STATE_release: 'r1' }, stdout });
    own.setOutput('decision', 'promoted');
    own.saveState('release', 'r1\nr2');
    expect(readFileSync(env.GITHUB_OUTPUT, 'utf8')).toMatch(/^decision<<(\S+)\npromoted\n\1\n$/);
    expect(readFileSync(env.GITHUB_STATE, 'utf8')).toMatch(/^release<<(\S+)\nr1\nr2\n\1\n$/);
    expect([own.readState('release'), own.readState('other')]).toEqual(['r1', '']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe('the clock', () => {
  test('sleeps at least as long as asked', async () => {
    const started = performance.now();
    await createClock().sleep(50);
    expect(performance.now() - started).toBeGreaterThanOrEqual(49.5);
  });

  test('wakes up when it is stopped, also before it slept', async () => {
    const started = performance.now();
    await createClock().sleep(60_000, AbortSignal.timeout(30));
    await createClock().sleep(60_000, AbortSignal.abort());
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
