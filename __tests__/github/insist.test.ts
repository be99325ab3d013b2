import { describe, expect, test } from '@jest/globals';
import { GithubError } from '../../src/github/contract.js';
import { insist, type Patience } from '../../src/github/insist.js';
import { fastClock, heardLog } from './time.js';

const unreachable = () => new GithubError('unreachable', 'socket hang up');
const refused = () => new GithubError('refused', 'Reference already exists');

function patience(withinMs = 600_000) {
  const clock = fastClock();
  const log = heardLog();
  return { clock, log, withinMs } satisfies Patience;
}

/** Answers with the given steps, one a call; the last stays. */
function script<T>(...steps: (() => T)[]) {
  let calls = 0;
  const run = async (): Promise<T> => {
    const step = steps[Math.min(calls, steps.length - 1)];
    calls += 1;
    if (step === undefined) throw new Error('a script has steps');
    return step();
  };
  return Object.assign(run, { calls: () => calls });
}

const fail = (error: () => Error) => () => {
  throw error();
};

describe('a write', () => {
  test('that is answered is made once and not read back', async () => {
    const attempt = script(() => 'done');
    const readBack = script(() => 'never');
    await expect(insist({ what: 'write', attempt, readBack }, patience())).resolves.toBe('done');
    expect([attempt.calls(), readBack.calls()]).toEqual([1, 0]);
  });

  test('that was lost but happened is found and not made again', async () => {
    const attempt = script<string>(fail(unreachable));
    await expect(
      insist({ what: 'write', attempt, readBack: script(() => 'found') }, patience()),
    ).resolves.toBe('found');
    expect(attempt.calls()).toBe(1);
  });

  test('that was lost and did not happen is made again', async () => {
    const attempt = script(fail(unreachable), () => 'second');
    const readBack = script(() => undefined);
    await expect(insist({ what: 'write', attempt, readBack }, patience())).resolves.toBe('second');
  });

  test('that lands after it was looked for is found when the next one is refused', async () => {
    const attempt = script<string>(fail(unreachable), fail(refused));
    const readBack = script<string | undefined>(
      () => undefined,
      () => 'late',
    );
    await expect(insist({ what: 'write', attempt, readBack }, patience())).resolves.toBe('late');
    expect(attempt.calls()).toBe(2);
  });

  test('that is refused after another run was faster is refused', async () => {
    const attempt = script<string>(fail(unreachable), fail(refused));
    const write = { what: 'write', attempt, readBack: script(() => undefined) };
    await expect(insist(write, patience())).rejects.toThrow('Reference already exists');
    expect(attempt.calls()).toBe(2);
  });

  test('is not made again while it cannot be read back', async () => {
    const attempt = script(fail(unreachable), () => 'second');
    const readBack = script<undefined>(fail(unreachable), fail(unreachable), () => undefined);
    await expect(insist({ what: 'write', attempt, readBack }, patience())).resolves.toBe('second');
    expect([attempt.calls(), readBack.calls()]).toEqual([2, 3]);
  });

  test('waits 1, 2, 4 and at most 30 seconds, says each wait, and ends when its time is over', async () => {
    const waiting = patience(120_000);
    const write = { what: 'write the ledger', attempt: script(fail(unreachable)) };
    await expect(insist(write, waiting)).rejects.toMatchObject({
      kind: 'unreachable',
      message: 'Could not write the ledger: no known outcome within 120 s (last answer: socket hang up)',
    });
    expect(waiting.clock.slept.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    expect(waiting.log.lines).toHaveLength(waiting.clock.slept.length);
    expect(waiting.log.lines[2]).toBe(
      'GitHub gave no answer to "write the ledger" (socket hang up); looking again in 4 s',
    );
  });

  test('that is told to wait waits as long as told, and longer than it may not at all', async () => {
    const limited = (seconds: string) =>
      Object.assign(new Error('API rate limit exceeded'), {
        status: 403,
        response: { headers: { 'retry-after': seconds }, data: { message: 'API rate limit exceeded' } },
      });
    const short = patience();
    const attempt = script(
      fail(() => limited('30')),
      () => 'done',
    );
    await expect(insist({ what: 'write', attempt }, short)).resolves.toBe('done');
    expect(short.clock.slept).toEqual([30_000]);
    expect(short.log.lines).toEqual(['GitHub asks to wait 30 s (rate limit)']);
    const long = patience();
    const write = { what: 'write', attempt: script(fail(() => limited('3000'))) };
    await expect(insist(write, long)).rejects.toMatchObject({ kind: 'unreachable' });
    expect(long.clock.slept).toEqual([]);
  });

  test('is given up when the step is ending', async () => {
    const controller = new AbortController();
    const attempt = script<string>(() => {
      controller.abort();
      throw unreachable();
    });
    const waiting = { ...patience(), signal: controller.signal };
    await expect(insist({ what: 'write', attempt }, waiting)).rejects.toThrow('because this step is ending');
    expect(attempt.calls()).toBe(1);
  });
});
