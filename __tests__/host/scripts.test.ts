import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Bench, createBench, isAlive } from './fixture.js';

const benches: Bench[] = [];
function bench(options?: Parameters<typeof createBench>[0]): Bench {
  const made = createBench(options);
  benches.push(made);
  return made;
}
afterEach(() => {
  for (const one of benches.splice(0)) one.remove();
});

const pidIn = (one: Bench, file = 'pid') => Number(readFileSync(join(one.workspace, file), 'utf8'));

async function waitForFile(one: Bench, file = 'pid'): Promise<void> {
  while (!existsSync(join(one.workspace, file)) || readFileSync(join(one.workspace, file), 'utf8') === '')
    await sleep(10);
}

describe('what comes back', () => {
  test('a script that succeeds gives its last line of stdout, and both outputs in the tail', async () => {
    const one = bench();
    const result = await one.run('echo first\necho to stderr >&2\nsleep 0.1\necho "  25  "\necho');
    expect(result).toMatchObject({ outcome: 'ok', exitCode: 0, signal: null, lastLine: '25', leftBehind: 0 });
    expect([...result.tail].sort()).toEqual(['', '  25  ', 'first', 'to stderr']);
    expect(one.groups).toEqual(['a script']);
    expect(one.lines).toContain('to stderr');
  });

  test.each([
    ['exit 3', 3, null],
    ['false | true', 1, null],
    ['false\necho not reached', 1, null],
    ['kill -9 $$', null, 'SIGKILL'],
  ])('%j fails as bash with -e and pipefail does', async (script, exitCode, signal) => {
    const one = bench();
    expect(await one.run(script)).toMatchObject({ outcome: 'failed', exitCode, signal });
    expect(one.lines).not.toContain('not reached');
  });

  test('a file that is not executable and one that is missing come with a remedy', async () => {
    const one = bench();
    writeFileSync(join(one.workspace, 'deploy.sh'), 'echo hi');
    chmodSync(join(one.workspace, 'deploy.sh'), 0o644);
    const notExecutable = await one.run('./deploy.sh now');
    expect(notExecutable.exitCode).toBe(126);
    expect(notExecutable.tail.at(-1)).toContain('git update-index --chmod=+x ./deploy.sh');
    const missing = await one.run('./missing.sh');
    expect(missing.exitCode).toBe(127);
    expect(missing.tail.at(-1)).toContain('`./missing.sh` was not found');
    const unknown = await one.run('kubectll get pods');
    expect(unknown.tail.at(-1)).toContain('`kubectll` was not found');
  });

  test('the tail holds the last 40 lines of 500 characters', async () => {
    const result = await bench().run('seq 1 1000; head -c 2000 /dev/zero | tr "\\0" x');
    expect(result.tail).toHaveLength(40);
    expect(result.tail[0]).toBe('962');
    expect(result.tail.at(-1)).toBe(`${'x'.repeat(500)}… (1500 more characters)`);
  });

  test('a quiet script keeps its output out of the log, unless it fails', async () => {
    const one = bench();
    expect(await one.run('echo 1.0', { quiet: true })).toMatchObject({ outcome: 'ok', lastLine: '1.0' });
    expect([one.lines, one.groups]).toEqual([[], []]);
    await one.run('echo no route; exit 1', { quiet: true });
    expect([one.lines, one.groups]).toEqual([['no route'], ['a script']]);
  });

  test('a script of a megabyte runs, and its file is gone afterwards', async () => {
    const temp = bench();
    const one = bench({ env: { RUNNER_TEMP: temp.workspace } });
    const result = await one.run(
      `# ${'x'.repeat(1024 * 1024)}\nstat -c %a "$0" "$(dirname "$0")" | paste -sd' '`,
    );
    expect(result.lastLine).toBe('600 700');
    expect(readdirSync(temp.workspace)).toEqual([]);
  });
});

describe('what cannot be started', () => {
  test('a missing working directory is named, with what to do', async () => {
    const result = await bench({ workingDirectory: 'shop' }).run('true');
    expect(result.outcome).toBe('errored');
    expect(result.tail.at(-1)).toMatch(/working-directory: "shop" is not a directory .*checkout/);
  });

  test('a working directory outside of the workspace is refused', async () => {
    const result = await bench({ workingDirectory: '..' }).run('true');
    expect(result.outcome).toBe('errored');
    expect(result.tail.at(-1)).toContain('leads out of the workspace');
  });

  test('a machine without bash says so', async () => {
    const result = await bench({ env: { PATH: '/nowhere' } }).run('true');
    expect(result.outcome).toBe('errored');
    expect(result.tail.at(-1)).toContain('bash was not found');
  });

  test('an environment that no process can have is an outcome, not an exception', async () => {
    const one = bench();
    const nul = await one.run('true', { env: { A: 'a\0b' } });
    expect(nul.outcome).toBe('errored');
    const large = await one.run('true', { env: { A: 'x'.repeat(3_000_000) } });
    expect(large.outcome).toBe('errored');
    expect(large.tail.at(-1)).toContain('too large');
  });

  test('a signal that is aborted already starts nothing and still ends the target', async () => {
    const one = bench();
    const target = new PassThrough();
    const result = await one.run('touch started', { signal: AbortSignal.abort(), stdout: target });
    expect(result.outcome).toBe('aborted');
    expect(target.writableEnded).toBe(true);
    expect(existsSync(join(one.workspace, 'started'))).toBe(false);
  });
});

describe('the environment', () => {
  const env = {
    INPUT_TOKEN: 'ghs_secret',
    'INPUT_ROLLBACK-TOKEN': 'ghs_other',
    STATE_release: '1',
    ACTIONS_RUNTIME_TOKEN: 'runtime',
    ACTIONS_ID_TOKEN_REQUEST_URL: 'https://oidc.example',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc-token',
    GITHUB_OUTPUT: '/o',
    GITHUB_STATE: '/s',
    GITHUB_ENV: '/e',
    GITHUB_PATH: '/p',
    GITHUB_STEP_SUMMARY: '/m',
    GITHUB_ARTIFACTS: '/a',
    GITHUB_SHA: 'abc',
    RUNNER_TRACKING_ID: 'github_1',
    SHOP_URL: 'http://shop',
  };
  const kept = ['GITHUB_SHA', 'RUNNER_TRACKING_ID', 'SHOP_URL'];
  const names = async (oidc: boolean) => {
    const result = await bench({ env, oidc }).run('env -0 | cut -z -d= -f1 | sort -z | tr "\\0" " "');
    return result.lastLine.split(' ').filter((name) => name in env);
  };

  test('a script sees the step, and nothing by which it could speak to the runner', async () => {
    expect(await names(false)).toEqual(kept);
  });

  test('with oidc, it can ask for a fresh identity token', async () => {
    const oidc = ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL'];
    expect(await names(true)).toEqual([...oidc, ...kept]);
  });

  test('values are data: what looks like code in them is not run', async () => {
    const one = bench();
    const result = await one.run('echo "$RELEASE_REASON"', {
      env: { RELEASE_REASON: '$(touch pwned); `touch pwned`' },
    });
    expect(result.lastLine).toBe('$(touch pwned); `touch pwned`');
    expect(existsSync(join(one.workspace, 'pwned'))).toBe(false);
  });
});

describe('timeouts and aborts', () => {
  test('a script that hangs is ended, with all of its children', async () => {
    const one = bench();
    const result = await one.run('sleep 300 &\necho $! > pid\necho waiting\nwait', { timeoutMs: 300 });
    expect(result).toMatchObject({ outcome: 'timed-out', tail: ['waiting'] });
    expect(result.durationMs).toBeLessThan(3000);
    expect(isAlive(pidIn(one))).toBe(false);
  });

  test('one that ignores SIGTERM is killed, on abort after two seconds', async () => {
    const one = bench();
    const controller = new AbortController();
    const running = one.run('trap "" TERM\necho $$ > pid\nwhile true; do sleep 0.1; done', {
      signal: controller.signal,
    });
    await waitForFile(one);
    controller.abort();
    const result = await running;
    expect(result).toMatchObject({ outcome: 'aborted', signal: 'SIGKILL' });
    expect(result.durationMs).toBeGreaterThan(1900);
    expect(result.durationMs).toBeLessThan(4000);
    expect(isAlive(pidIn(one))).toBe(false);
  });

  test('an abort in the very moment of the start is not lost', async () => {
    const controller = new AbortController();
    const running = bench().run('sleep 300', { signal: controller.signal, timeoutMs: 5000 });
    controller.abort();
    expect(await running).toMatchObject({ outcome: 'aborted' });
  });

  test('one that cleans up on SIGTERM gets the time for it', async () => {
    const one = bench();
    const result = await one.run('trap "sleep 0.3; touch clean; exit 0" TERM\nsleep 300 & wait', {
      timeoutMs: 200,
    });
    expect(result.outcome).toBe('timed-out');
    expect(existsSync(join(one.workspace, 'clean'))).toBe(true);
  });

  test('what left the group is ended too, even when it has dropped its environment', async () => {
    const one = bench();
    const script = 'setsid sleep 300 &\necho $! > a\nsetsid env -i sleep 300 &\necho $! > b\nsleep 300';
    const result = await one.run(script, { timeoutMs: 500 });
    expect(result).toMatchObject({ outcome: 'timed-out', leftBehind: 2 });
    expect([isAlive(pidIn(one, 'a')), isAlive(pidIn(one, 'b'))]).toEqual([false, false]);
  });
});

describe('what a script leaves', () => {
  test('a process left in the group is ended and named, and does not hold the run', async () => {
    const one = bench();
    const result = await one.run('sleep 301 &\necho $! > pid\necho started');
    expect(result).toMatchObject({ outcome: 'ok', lastLine: 'started', leftBehind: 1 });
    expect(result.durationMs).toBeLessThan(4000);
    expect(isAlive(pidIn(one))).toBe(false);
    expect(one.warnings.join()).toMatch(/sleep 301.*service manager/);
  });

  test('a service that left the group on purpose lives on, although it holds the output', async () => {
    const one = bench();
    const result = await one.run('setsid sleep 302 &\necho $! > pid\necho started');
    const pid = pidIn(one);
    try {
      expect(result).toMatchObject({ outcome: 'ok', lastLine: 'started', leftBehind: 0 });
      expect(result.durationMs).toBeLessThan(4000);
      expect(isAlive(pid)).toBe(true);
      expect(one.warnings.join()).toContain('still holds its output');
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  test('a reader of its own output that ends a moment later is no leftover, and nothing of it is lost', async () => {
    const one = bench();
    const result = await one.run('exec > >(sleep 0.1; tee copy)\nseq 1 20000');
    expect(result).toMatchObject({ outcome: 'ok', lastLine: '20000', leftBehind: 0 });
    expect(one.warnings).toEqual([]);
  });
});

describe('data instead of text', () => {
  const slow = (chunks: Buffer[]) =>
    new Writable({
      highWaterMark: 1024,
      write: (chunk: Buffer, _encoding, done) => {
        chunks.push(chunk);
        setTimeout(done, 1);
      },
    });

  test('stdin and stdout carry bytes as they are, at the pace of the slower side', async () => {
    const data = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 256));
    const chunks: Buffer[] = [];
    const one = bench();
    const result = await one.run('echo to the log >&2\ncat', {
      stdin: Readable.from([data]),
      stdout: slow(chunks),
    });
    expect(result).toMatchObject({ outcome: 'ok', lastLine: '', tail: ['to the log'] });
    expect(Buffer.concat(chunks).equals(data)).toBe(true);
  });

  test('an input that breaks off is a failure, not an end of the data', async () => {
    const broken = new Readable({ read() {} });
    broken.push('half');
    setTimeout(() => broken.destroy(new Error('disk gone')), 100);
    const result = await bench().run('cat > copy', { stdin: broken });
    expect(result.outcome).toBe('failed');
    expect(result.tail.at(-1)).toBe('its input broke off: disk gone');
  });

  test('an output that cannot be taken is a failure', async () => {
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) });
    const result = await bench().run('seq 1 1000000', { stdout: full });
    expect(result.outcome).toBe('failed');
    expect(result.tail.at(-1)).toBe('its output could not be taken: no space left');
  });

  test('a script may leave its input unread', async () => {
    const endless = new Readable({ read: () => undefined });
    const large = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(65536)));
    expect(await bench().run('true', { stdin: endless })).toMatchObject({ outcome: 'ok' });
    expect(await bench().run('head -c 10 | wc -c', { stdin: large })).toMatchObject({
      outcome: 'ok',
      lastLine: '10',
    });
    expect(endless.destroyed).toBe(true);
  });

  test('a target that never takes its data runs into the timeout', async () => {
    const stuck = new Writable({ highWaterMark: 1, write: () => undefined });
    const result = await bench().run('seq 1 100000', { stdout: stuck, timeoutMs: 500 });
    expect(result.outcome).toBe('timed-out');
  });
});
