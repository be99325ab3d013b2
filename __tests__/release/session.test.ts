import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LedgerError } from '../../src/github/contract.js';
import { emptyCurrent, formatCurrent } from '../../src/release/current.js';
import { LEASE_MS, RENEW_AFTER_MS } from '../../src/release/lease.js';
import { SHA } from './events-of.js';
import { MemoryLedger } from './memory-ledger.js';

const take = { headline: 'taken', files: {}, fence: 1 };

describe('the lease on a service', () => {
  test('is in the way of others until it expires by GitHub’s clock', async () => {
    const ledger = new MemoryLedger();
    const first = await ledger.session('one');
    await first.acquire(take);
    expect((await ledger.session('two')).busy()).toMatchObject({ owner: 'one', fence: 1 });
    ledger.now += LEASE_MS - 1;
    expect((await ledger.session('two')).busy()).not.toBeNull();
    ledger.now += 1;
    expect((await ledger.session('two')).busy()).toBeNull();
  });

  test.each(['last_promoted', 'recent', 'quarantine'] as const)(
    'is not taken where %s names a version that could not be given',
    async (key) => {
      const ledger = new MemoryLedger();
      const at = '2026-03-01T10:00:00.000Z';
      const entry = { release: 'r', version: '1.1\n::error::hacked', sha: SHA, at, started: at, ended: at };
      const whole = { ...entry, decision: 'promoted' as const, rollback: null };
      const current = {
        ...emptyCurrent('shop', 'production'),
        [key]: key === 'last_promoted' ? whole : [whole],
      };
      ledger.edit({ 'current.json': formatCurrent(current) });
      await expect(ledger.session('one')).rejects.toMatchObject({
        ...{ reason: 'ledger-invalid', message: expect.stringMatching(/version is not one word/) },
      });
    },
  );

  test('is renewed by each write, and given back by the last', async () => {
    const ledger = new MemoryLedger();
    const session = await ledger.session('one');
    await session.acquire(take);
    ledger.now += LEASE_MS - 1;
    await session.write({ headline: 'work', files: {} });
    expect(session.heldUntil).toBe(ledger.now + LEASE_MS);
    await session.write({ headline: 'end', files: {}, release: true });
    expect((await ledger.session('two')).current.lease).toBeNull();
    expect(session.holds).toBe(false);
  });

  test('is renewed in the background only when no other write did', async () => {
    const ledger = new MemoryLedger();
    const session = await ledger.session('one');
    await session.acquire(take);
    const stop = new AbortController();
    const until = ledger.now + 3 * RENEW_AFTER_MS;
    const alive = session.keepAlive(stop.signal, { onTrouble: () => undefined });
    while (ledger.now < until) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await alive;
    expect(
      ledger.messages.filter((message) => message.includes('lease renewed')).length,
    ).toBeGreaterThanOrEqual(2);
    expect(ledger.messages.filter((message) => message.includes('lease renewed')).length).toBeLessThanOrEqual(
      3,
    );
  });

  test('that another owner took stops the first, and is told apart from an edit by hand', async () => {
    const ledger = new MemoryLedger();
    const session = await ledger.session('one');
    await session.acquire(take);
    ledger.edit({ 'NOTES.md': 'by hand' });
    await session.write({ headline: 'goes on', files: {} });
    expect(session.lost.aborted).toBe(false);

    ledger.now += LEASE_MS;
    const other = await ledger.session('two');
    await other.acquire({ ...take, fence: 2 });
    await expect(session.write({ headline: 'too late', files: {} })).rejects.toMatchObject({
      reason: 'lease-lost',
    });
    expect(session.lost.aborted).toBe(true);
    await expect(session.write({ headline: 'again', files: {} })).rejects.toMatchObject({
      reason: 'lease-lost',
    });
    expect(ledger.messages.at(-1)).toContain('taken');
  });

  test('that its owner gave back is not lost: the same session may take it again', async () => {
    const ledger = new MemoryLedger();
    const session = await ledger.session('one');
    await session.acquire(take);
    await session.write({ headline: 'end', files: {}, release: true });
    await expect(session.write({ headline: 'late', files: {} })).rejects.toMatchObject({
      reason: 'lease-lost',
    });
    expect(session.lost.aborted).toBe(false);
    await session.acquire({ ...take, fence: 2 });
    expect({ holds: session.holds, fence: session.fence }).toEqual({ holds: true, fence: 2 });
  });

  test('brings its own fence number to scripts, whoever holds it meanwhile', async () => {
    const ledger = new MemoryLedger();
    const session = await ledger.session('one');
    await session.acquire(take);
    ledger.now += LEASE_MS;
    await (await ledger.session('two')).acquire({ ...take, fence: 2 });
    await session.refresh();
    expect([session.current.lease?.fence, session.fence]).toEqual([2, 1]);
  });

  test('goes to exactly one of many who try at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 12 }), fc.boolean(), async (many, exists) => {
        const ledger = new MemoryLedger();
        if (exists) {
          const before = await ledger.session('before');
          await before.acquire(take);
          await before.write({ headline: 'end', files: {}, release: true });
        }
        const sessions = await Promise.all(
          Array.from({ length: many }, (_, i) => ledger.session(`run-${i}`)),
        );
        const tries = await Promise.allSettled(
          sessions.map((session) => session.acquire({ ...take, fence: 2 })),
        );
        expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
        expect(sessions.filter((session) => session.holds)).toHaveLength(1);
        for (const one of tries)
          if (one.status === 'rejected') expect(one.reason).toMatchObject({ reason: 'busy' });
      }),
      { numRuns: 30 },
    );
  });
});

describe('opening the ledger fails closed', () => {
  test.each([
    ['no current.json', { 'README.md': 'x' }],
    ['a current.json without a byte', { 'current.json': '' }],
    ['a current.json that is not JSON', { 'current.json': '{' }],
    [
      'a current.json of another service',
      {
        'current.json': JSON.stringify({
          schema_version: 1,
          service: 'other',
          environment: 'production',
          fence: 0,
          lease: null,
          release: null,
          last_promoted: null,
          recent: [],
        }),
      },
    ],
    [
      'a lease without an expiry',
      {
        'current.json': JSON.stringify({
          schema_version: 1,
          service: 'shop',
          environment: 'production',
          fence: 0,
          lease: { owner: 'x' },
          release: null,
          last_promoted: null,
          recent: [],
        }),
      },
    ],
  ])('on %s', async (_, files) => {
    const ledger = new MemoryLedger();
    ledger.edit(files);
    await expect(ledger.session('one')).rejects.toMatchObject({ reason: 'ledger-invalid' });
    const anew = await ledger.session('one', { startsAnew: true });
    expect([anew.exists, anew.current.last_promoted, anew.snapshot().head]).toEqual([
      false,
      null,
      ledger.head,
    ]);
  });
});

test.each([
  ['refused', 'ledger-refused'],
  ['forbidden', 'permission-missing'],
  ['unreachable', 'ledger-unreachable'],
  ['conflict', 'busy'],
] as const)('a write that is %s is told as %s', async (kind, reason) => {
  const ledger = new MemoryLedger();
  const session = await ledger.session('one');
  ledger.trouble = new LedgerError(kind, 'so it is');
  await expect(session.acquire(take)).rejects.toMatchObject({ reason, message: 'so it is' });
  expect(session.holds).toBe(false);
});
