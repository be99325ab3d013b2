import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLog, maskInLog, readState, saveState, setOutput } from '../../src/host/actions.js';
import { createClock } from '../../src/host/clock.js';
import { createRedactor } from '../../src/host/redact.js';

const log = createLog(createRedactor({ env: {}, tokens: ['s3cr3t-token'], names: [] }));
const write = process.stdout.write;
let printed = '';
let directory: string;

beforeEach(() => {
  printed = '';
  directory = mkdtempSync(join(tmpdir(), 'actions-'));
  process.stdout.write = (chunk: string | Uint8Array) => {
    printed += chunk.toString();
    return true;
  };
});
afterEach(() => {
  process.stdout.write = write;
  rmSync(directory, { recursive: true });
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
    maskInLog('value');
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
  const files = { GITHUB_OUTPUT: join(directory, 'output'), GITHUB_STATE: join(directory, 'state') };
  const before = { ...process.env };
  try {
    for (const [name, file] of Object.entries(files)) {
      writeFileSync(file, '');
      process.env[name] = file;
    }
    process.env.STATE_release = 'r1';
    setOutput('decision', 'promoted');
    saveState('release', 'r1\nr2');
    expect(readFileSync(files.GITHUB_OUTPUT, 'utf8')).toMatch(/^decision<<(\S+)\npromoted\n\1\n$/);
    expect(readFileSync(files.GITHUB_STATE, 'utf8')).toMatch(/^release<<(\S+)\nr1\nr2\n\1\n$/);
    expect([readState('release'), readState('other')]).toEqual(['r1', '']);
  } finally {
    process.env = before;
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
