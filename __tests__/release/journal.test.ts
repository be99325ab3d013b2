import { describe, expect, test } from '@jest/globals';
import type { NewEvent, ReleaseEvent, Started } from '../../src/release/events.js';
import { parseEvents } from '../../src/release/events.js';
import { Journal, readRecord } from '../../src/release/journal.js';
import { started } from './events-of.js';
import { MemoryLedger, openRedactor } from './memory-ledger.js';

const { at: _, ...begin } = started() as Started;
const PATH = `${begin.release}/events.jsonl`;
const END = {
  decision: 'promoted',
  reason: 'all-gates-passed',
  summary: 'done',
  weight: 0,
  in_service: '1.2',
} as const;

async function startJournal(ledger: MemoryLedger, remembered: string[] = []) {
  const session = await ledger.session('owner-1');
  const options = {
    session,
    redactor: openRedactor,
    pages: () => ({ 'README.md': 'front page', [`${begin.release}/report.md`]: 'report' }),
    remember: (events: string) => void remembered.push(events),
  };
  return { session, options, journal: await Journal.start(options, [begin as NewEvent]) };
}

const types = (ledger: MemoryLedger): string[] =>
  parseEvents(ledger.file(PATH) ?? '').map((event: ReleaseEvent) => event.type);

describe('the journal of a release', () => {
  test('takes the lease and records the start in one write', async () => {
    const ledger = new MemoryLedger();
    await startJournal(ledger);
    expect(ledger.messages).toHaveLength(1);
    expect(types(ledger)).toEqual(['started']);
    expect(JSON.parse(ledger.file('current.json') ?? '')).toMatchObject({
      release: begin.release,
      lease: { owner: 'owner-1' },
    });
    expect(ledger.file('README.md')).toBe('front page');
  });

  test('writes an intent when asked to, and lets an outcome ride along with the next write', async () => {
    const ledger = new MemoryLedger();
    const { journal } = await startJournal(ledger);
    journal.record({ type: 'intent', effect: 'promote', timeout_ms: 1 });
    await journal.commit('promotes');
    journal.record({ type: 'outcome', effect: 'promote', ok: true, duration_ms: 1 });
    expect(types(ledger)).toEqual(['started', 'intent']);
    expect(journal.settled).toBe(false);
    await journal.end(END);
    expect(types(ledger)).toEqual(['started', 'intent', 'outcome', 'ended']);
    expect(journal.settled).toBe(true);
  });

  test('a write that has to be made again holds what it held, and no end that came meanwhile', async () => {
    const ledger = new MemoryLedger();
    const { journal } = await startJournal(ledger);
    journal.record({ type: 'intent', effect: 'promote', timeout_ms: 1 });
    const renewal = journal.commit('lease renewed');
    journal.record({ type: 'outcome', effect: 'promote', ok: true, duration_ms: 1 });
    // Somebody asks to stop, or edits the branch, just before it arrives.
    ledger.edit({ 'NOTES.md': 'by hand' });
    await renewal;
    expect(types(ledger)).toEqual(['started', 'intent']);
    await journal.end(END);
    expect(types(ledger)).toEqual(['started', 'intent', 'outcome', 'ended']);
  });

  test('a renewal of the lease takes the samples along, and costs no write of its own', async () => {
    const ledger = new MemoryLedger();
    const { journal } = await startJournal(ledger);
    journal.keep('samples.jsonl', { of: 'a lost runner' });
    const done = new AbortController();
    const renewals = () => ledger.messages.filter((message) => message.includes('lease renewed')).length;
    const alive = journal.keepAlive(done.signal, () => undefined);
    const begun = ledger.now;
    while (renewals() < 2) await new Promise((resolve) => setImmediate(resolve));
    done.abort();
    await alive;
    expect(ledger.file(`${begin.release}/samples.jsonl`)).toBe('{"of":"a lost runner"}\n');
    expect(renewals()).toBeLessThanOrEqual(Math.ceil((ledger.now - begun) / 300_000));
    expect(types(ledger)).toEqual(['started']);
  });

  test('waits without an owner when it is parked, and goes on under another', async () => {
    const ledger = new MemoryLedger();
    const { journal } = await startJournal(ledger);
    journal.keep('samples.jsonl', { of: 'the first' });
    const at = new Date(ledger.now).toISOString();
    const times = { begun: at, deadline: at, resume_at: at, until: at };
    await journal.park({ step: 0, weight: 5, why: 'step', ...times });
    expect(JSON.parse(ledger.file('current.json') ?? '')).toMatchObject({
      release: begin.release,
      lease: null,
      parked: { resume_at: at, until: at },
    });

    const session = await ledger.session('owner-2');
    const options = { session, redactor: openRedactor, pages: () => ({}) };
    const left = await readRecord(session, begin.release);
    const kept = { 'samples.jsonl': ledger.file(`${begin.release}/samples.jsonl`) ?? '' };
    const next = await Journal.takeOver(options, left, kept);
    expect(next.state).toMatchObject({ owner: 'owner-2', parked: null, parkedUntil: at });
    next.keep('samples.jsonl', { of: 'the second' });
    await next.end(END);
    expect(ledger.file(`${begin.release}/samples.jsonl`)).toBe('{"of":"the first"}\n{"of":"the second"}\n');
    expect(types(ledger)).toEqual(['started', 'parked', 'taken-over', 'ended']);
    expect(JSON.parse(ledger.file('current.json') ?? '')).toMatchObject({ release: null, parked: null });
  });

  test('ends by giving the lease back and naming what is promoted', async () => {
    const ledger = new MemoryLedger();
    const { journal } = await startJournal(ledger);
    await journal.end(END);
    expect(JSON.parse(ledger.file('current.json') ?? '')).toMatchObject({
      lease: null,
      release: null,
      last_promoted: { release: begin.release, version: '1.2', sha: begin.sha },
      recent: [{ release: begin.release, decision: 'promoted' }],
    });
    expect(ledger.file(`${begin.release}/report.md`)).toBe('report');
  });

  test('a release that went back does not become the last promoted one', async () => {
    const ledger = new MemoryLedger();
    const { journal } = await startJournal(ledger);
    await journal.end({ ...END, decision: 'rolled-back', reason: 'metric-failed' });
    expect(JSON.parse(ledger.file('current.json') ?? '')).toMatchObject({ last_promoted: null, lease: null });
  });

  test('remembers after each write, and an end before it is written', async () => {
    const ledger = new MemoryLedger();
    const remembered: string[] = [];
    const { journal } = await startJournal(ledger, remembered);
    expect(remembered).toHaveLength(1);
    ledger.now += 60 * 60_000;
    ledger.edit({ 'current.json': (ledger.file('current.json') ?? '').replaceAll('owner-1', 'owner-2') });
    await expect(journal.end(END)).rejects.toMatchObject({ reason: 'lease-lost' });
    expect(parseEvents(remembered.at(-1) ?? '').at(-1)?.type).toBe('ended');
  });

  test('what one process began another goes on with, from the ledger or from memory', async () => {
    const ledger = new MemoryLedger();
    const remembered: string[] = [];
    const { journal, options } = await startJournal(ledger, remembered);
    journal.record({ type: 'intent', effect: 'canary', timeout_ms: 1 });
    await journal.commit('canary');
    const reopened = await Journal.reopen(
      { ...options, session: await ledger.session('owner-1') },
      begin.release,
    );
    expect(reopened.state).toEqual(journal.state);
    expect(Journal.recall(options, remembered.at(-1) ?? '').state).toEqual(journal.state);
  });

  test('holds no secret, and no identifier is redacted away', async () => {
    const ledger = new MemoryLedger();
    const { journal } = await startJournal(ledger);
    journal.record({ type: 'failing', reason: 'internal', summary: 'the password is hunter2' });
    await journal.commit('hunter2 stays out of events');
    expect(ledger.file(PATH)).not.toContain('hunter2');
    expect(types(ledger)).toEqual(['started', 'failing']);
  });
});
