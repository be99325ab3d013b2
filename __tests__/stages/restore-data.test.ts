import { describe, expect, test } from '@jest/globals';
import type { BackupResult, DataPlace, DataRestorer } from '../../src/backup/contract.js';
import { createClock } from '../../src/host/clock.js';
import { parsePlan } from '../../src/plan/parse.js';
import type { Plan } from '../../src/plan/plan.js';
import type { NewEvent, Started } from '../../src/release/events.js';
import { Journal } from '../../src/release/journal.js';
import type { ReleaseContext } from '../../src/stages/context.js';
import { dataWanted } from '../../src/stages/data-wanted.js';
import { endQuiesce, restoreData } from '../../src/stages/restore-data.js';
import { started } from '../release/events-of.js';
import { MemoryLedger, openRedactor } from '../release/memory-ledger.js';

const BACKUP = {
  source: 'orders',
  kind: 'sqlite',
  id: 'backup-1',
  sha256: null,
  size: 1,
  digest: null,
  takenAt: '2026-03-01T09:00:00.000Z',
};
const SAVED: BackupResult = {
  verdict: 'passed',
  reason: null,
  summary: 'saved',
  notes: [],
  sources: [],
  showsParts: true,
};

/** The stage over a data store that only remembers what was done with it, and may break at one step. */
async function world(options: {
  readonly breaksAt?: keyof DataRestorer | 'take' | 'quiesce on' | 'quiesce off';
  readonly places?: readonly DataPlace['place'][];
  /** What an earlier run recorded. */
  readonly before?: readonly NewEvent[];
}) {
  const done: string[] = [];
  const step = async (name: string) => {
    if (options.breaksAt === name) throw new Error(`${name} broke`);
    done.push(name);
  };
  const restorer: DataRestorer = {
    check: async () => [BACKUP],
    unsavable: async () => null,
    restoreBeside: () => step('restoreBeside'),
    swap: () => step('swap'),
    look: async () => (options.places ?? ['live']).map((place) => ({ source: 'orders', place })),
    commands: async () => ({ finish: ['mv new live'], undo: ['mv old live'] }),
  };
  const ledger = new MemoryLedger();
  const session = await ledger.session('owner-1');
  const { at: _, ...begin } = started({
    kind: 'rollback',
    data: { release: 'r', backups: [BACKUP] },
  }) as Started;
  const journal = await Journal.start({ session, redactor: openRedactor, pages: () => ({}) }, [
    begin as NewEvent,
  ]);
  for (const event of options.before ?? []) journal.record(event);
  const context = {
    plan: PLAN,
    journal,
    signal: new AbortController().signal,
    env: {},
    workspace: '/',
    ports: {
      clock: createClock(),
      log: { info: () => undefined, warning: () => undefined, error: () => undefined },
      scripts: {
        run: async ({ name }: { name: string }) => {
          const outcome = await step(name).then(
            () => 'ok' as const,
            () => 'failed' as const,
          );
          return { outcome, exitCode: 1, signal: null, lastLine: '', tail: [], durationMs: 1, leftBehind: 0 };
        },
      },
      backup: {
        restorer: () => restorer,
        take: async () => {
          const broke = await step('take').then(
            () => false,
            () => true,
          );
          return broke ? { ...SAVED, verdict: 'failed', summary: 'disk full.' } : SAVED;
        },
      },
    },
  } as unknown as ReleaseContext;
  return { context, done, journal, ledger };
}

const PLAN = planOf({ quiesce: { on: 'on', off: 'off' } });

function planOf(
  rollback: object,
  backup: object | undefined = {
    store: { directory: '/b', 'same-machine': true },
    sources: { orders: { sqlite: '/d' } },
  },
): Plan {
  const text = JSON.stringify({ service: 'shop', promote: 'p', backup, rollback: { run: 'r', ...rollback } });
  const parsed = parsePlan({ text, source: 'plan', environment: 'production' });
  if (!('plan' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return parsed.plan;
}

const INTENT: NewEvent = { type: 'intent', effect: 'restore', timeout_ms: 1 };
const QUIESCED: NewEvent = { type: 'outcome', effect: 'quiesce', ok: true, duration_ms: 1 };

describe('restoring the data', () => {
  test('stops writing, saves, restores beside, and swaps only after its intent is in the ledger', async () => {
    const { context, done, journal, ledger } = await world({});
    await restoreData(context, { mayBegin: true });
    expect(done).toEqual(['quiesce on', 'take', 'restoreBeside', 'swap']);
    expect(ledger.file(`${journal.state.started.release}/events.jsonl`)).toContain('"effect":"restore"');
    expect(journal.state.dataRestored).toMatchObject({
      result: 'done',
      note: expect.stringContaining('orders from backup-1'),
    });
    await endQuiesce(context, { isVersionBack: true });
    expect(done.at(-1)).toBe('quiesce off');
  });

  test.each(['quiesce on', 'take', 'restoreBeside'] as const)(
    'that breaks at %s touches nothing, and lets writing go on',
    async (breaksAt) => {
      const { context, done, journal } = await world({ breaksAt });
      await expect(restoreData(context, { mayBegin: true })).rejects.toThrow();
      expect(done).not.toContain('swap');
      expect(journal.state.dataRestored).toMatchObject({ result: 'untouched' });
      await endQuiesce(context, { isVersionBack: true });
      expect(done.at(-1)).toBe('quiesce off');
    },
  );

  test('that could not stop writing says that the data was not touched, and what to do', async () => {
    const { context } = await world({ breaksAt: 'quiesce on' });
    await expect(restoreData(context, { mayBegin: true })).rejects.toMatchObject({
      reason: 'data-not-restored',
      message: expect.stringMatching(
        /not touched: `quiesce on` exited .* mend `rollback.quiesce.on`, then dis/,
      ),
    });
  });

  test.each([undefined, 'take'] as const)(
    'after which writing could not be let go on leaves that command to a person (broken before: %s)',
    async (before) => {
      const { context, journal } = await world({ breaksAt: 'quiesce off' });
      if (before === undefined) await restoreData(context, { mayBegin: true });
      else journal.record({ type: 'outcome', effect: 'quiesce', ok: true, duration_ms: 1 });
      if (before) journal.record({ type: 'data-restored', result: 'untouched', note: '', commands: ['ls'] });
      const ending = () => endQuiesce(context, { isVersionBack: true });
      await expect(ending()).rejects.toMatchObject({
        reason: 'writing-stopped',
        message: expect.stringMatching(
          before ? /off` by hand$/ : /data IS restored, and another .* would lose/,
        ),
      });
      // However often it is tried, it is left once.
      await expect(ending()).rejects.toThrow('writing may still be stopped');
      expect(journal.state.dataRestored?.commands).toEqual([
        ...(before ? ['ls'] : []),
        '# rollback.quiesce.off, to let writing go on:',
        'off',
      ]);
    },
  );

  test('whose present state cannot be saved says why, and the way on', async () => {
    const { context } = await world({ breaksAt: 'take' });
    await expect(restoreData(context, { mayBegin: true })).rejects.toThrow(
      /saved first: disk full\. If .* `override: broken-state`/,
    );
  });

  test('whose swap broke and left the live data is told with the commands, and lets writing go on', async () => {
    const { context, done, journal } = await world({ breaksAt: 'swap', places: ['live'] });
    await expect(restoreData(context, { mayBegin: true })).rejects.toMatchObject({
      reason: 'data-not-restored',
      message: expect.stringMatching(
        /not touched \(swap broke\); mend .* then dispatch the same rollback again/,
      ),
    });
    expect(journal.state.dataRestored).toMatchObject({
      result: 'untouched',
      commands: ['# to finish the swap:', 'mv new live'],
    });
    await endQuiesce(context, { isVersionBack: true });
    expect(done.at(-1)).toBe('quiesce off');
  });

  test('whose swap broke after it was done is done', async () => {
    const { context, journal } = await world({ breaksAt: 'swap', places: ['restored'] });
    await restoreData(context, { mayBegin: true });
    expect(journal.state.dataRestored).toMatchObject({ result: 'done' });
  });

  test.each([[['between']], [['restored', 'live']]] as const)(
    'whose swap left %s keeps writing stopped and leaves the commands to a person',
    async (places) => {
      const { context, done, journal } = await world({ breaksAt: 'swap', places });
      await expect(restoreData(context, { mayBegin: true })).rejects.toMatchObject({
        reason: 'data-not-restored',
      });
      expect(journal.state.dataRestored?.commands).toEqual(
        expect.arrayContaining(['mv new live', 'mv old live']),
      );
      await expect(endQuiesce(context, { isVersionBack: true })).rejects.toThrow('writing stays stopped');
      expect(journal.state.dataRestored?.commands.at(-1)).toBe('off');
      expect(done).not.toContain('quiesce off');
    },
  );

  test('whose version did not come back keeps writing stopped, since the bad one would spoil the data again', async () => {
    const { context, done } = await world({});
    await restoreData(context, { mayBegin: true });
    await expect(endQuiesce(context, { isVersionBack: false })).rejects.toThrow(
      'would spoil the restored data',
    );
    expect(done).not.toContain('quiesce off');
  });

  test('that a lost run left after its intent is never done again: the next run reads what is in place', async () => {
    for (const [places, result] of [
      [['restored'], 'done'],
      [['live'], 'untouched'],
      [['between'], 'left'],
    ] as const) {
      const { context, done, journal } = await world({ places, before: [QUIESCED, INTENT] });
      const restoring = restoreData(context, { mayBegin: false });
      if (result === 'done') await restoring;
      else await expect(restoring).rejects.toThrow('never repeated by itself');
      expect(journal.state.dataRestored?.result).toBe(result);
      expect(journal.state.effects.restore.pending).toBe(false);
      expect(done).toEqual([]);
    }
  });

  test('that a lost run had not begun is not begun by another run', async () => {
    const { context, done, journal } = await world({ before: [QUIESCED] });
    await expect(restoreData(context, { mayBegin: false })).rejects.toThrow('dispatch it again');
    expect(journal.state.dataRestored?.result).toBe('untouched');
    expect(done).toEqual([]);
  });
});

describe('a restore that cannot be is refused before anything is stopped', () => {
  const refusal = async (
    plan: Plan,
    {
      backups = [BACKED_UP],
      check = () => Promise.resolve([BACKUP]),
      overrides = [] as string[],
      unsavable = () => Promise.resolve<string | null>(null),
    } = {},
  ) =>
    dataWanted({ backups } as unknown as Parameters<typeof dataWanted>[0], {
      plan,
      from: 'r-1',
      overrides,
      backup: { restorer: () => ({ check, unsavable }) } as unknown as Parameters<
        typeof dataWanted
      >[1]['backup'],
      release: 'r',
      environment: 'production',
      workspace: '/',
      env: {},
      onProgress: () => undefined,
    }).then(
      () => 'none',
      (error: Error) => error.message,
    );
  const BACKED_UP = {
    source: 'orders',
    kind: 'sqlite',
    id: 'b',
    sha256: null,
    bytes: 1,
    digest: null,
    taken_at: '2026-03-01T09:00:00.000Z',
  };

  test.each([
    ['without `rollback.quiesce`', planOf({}), {}, 'rollback.quiesce'],
    [
      'with commits first',
      planOf({ quiesce: { on: 'a', off: 'b' }, order: 'commit-first' }),
      {},
      'order: commit-first',
    ],
    ['without a backup', PLAN, { backups: [] }, 'recorded no backup'],
    [
      'with nothing that can be put in place',
      PLAN,
      { check: () => Promise.resolve([]) },
      'none of its backups can be put in place',
    ],
    [
      'with a backup that is gone',
      PLAN,
      { check: () => Promise.reject(new Error('it is gone')) },
      'it is gone',
    ],
  ])('%s', async (_how, plan, found, says) => {
    expect(await refusal(plan, found)).toContain(says);
  });

  test('whose present state plainly cannot be saved, unless a person says that it may go', async () => {
    const unsavable = () => Promise.resolve('orders: it is gone');
    expect(await refusal(PLAN, { unsavable })).toMatch(/orders: it is gone\. .*`override: broken-state`/);
    expect(await refusal(PLAN, { unsavable, overrides: ['broken-state'] })).toBe('none');
  });

  test('and one that can be names its backups', async () => {
    expect(await refusal(PLAN)).toBe('none');
  });
});
