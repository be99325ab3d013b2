import { expect, test } from '@jest/globals';
import type { NewEvent, Started } from '../../src/release/events.js';
import { Journal } from '../../src/release/journal.js';
import { othersUntil } from '../../src/release/state.js';
import type { ReleaseContext } from '../../src/stages/context.js';
import { effect } from '../../src/stages/effect.js';
import { started } from '../release/events-of.js';
import { MemoryLedger, openRedactor } from '../release/memory-ledger.js';

const TIMEOUT_MS = 60_000;

/** Begins one effect over a ledger whose writes take so long. */
async function begin(slow: number[]) {
  const { at: _, ...first } = started() as Started;
  const ledger = new MemoryLedger();
  const session = await ledger.session('owner-1');
  const options = { session, redactor: openRedactor, pages: () => ({}) };
  const journal = await Journal.start(options, [first as NewEvent]);
  const { signal } = new AbortController();
  const context = { journal, ports: { clock: ledger.clock() }, signal } as unknown as ReleaseContext;
  ledger.slow = slow;
  let endsAt: number | null = null;
  const done = effect(
    context,
    { effect: 'promote', timeoutMs: TIMEOUT_MS, headline: 'promotes' },
    async () => {
      endsAt = ledger.now + TIMEOUT_MS;
      return { verified: othersUntil(journal.state, 'another') >= endsAt };
    },
  );
  return { done, journal, begun: () => endsAt !== null };
}

test.each([[[0]], [[14_000]], [[600_000, 0]], [[16_000, 16_000, 1000]]])(
  'however long GitHub takes to write an intent, the record tells until when the script may last: %j',
  async (slow) => {
    const { done, journal } = await begin([...slow]);
    expect(await done).toEqual({ verified: true });
    expect(journal.state.effects.promote).toMatchObject({ begun: true, ok: true, pending: false });
  },
);

test('where each intent is too old once it is written, nothing is begun and nothing left pending', async () => {
  const { done, journal, begun } = await begin([16_000, 16_000, 16_000]);
  await expect(done).rejects.toMatchObject({
    reason: 'ledger-unreachable',
    message: 'the ledger took the intent of `promote` 3 times, and each time after more than 15 s',
  });
  expect(begun()).toBe(false);
  expect(journal.state.effects.promote).toMatchObject({ begun: false, pending: false });
});
