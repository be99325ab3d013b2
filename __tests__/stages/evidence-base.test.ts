import { describe, expect, test } from '@jest/globals';
import { parsePlan } from '../../src/plan/parse.js';
import { type Current, emptyCurrent, formatCurrent } from '../../src/release/current.js';
import { formatEvents, type NewEvent } from '../../src/release/events.js';
import { evidenceBases } from '../../src/stages/evidence-base.js';
import { PREVIOUS_SHA, SHA, started, timed } from '../release/events-of.js';
import { MemoryLedger } from '../release/memory-ledger.js';

const AT = '2026-03-01T10:00:00.000Z';
const RELATIVE = '{speed: {run: x, report: b.json, limits: {p95: "<= +10%"}}}';
const NEW_ONLY = '{scan: {run: x, sarif: s.sarif, new-only: true}}';
const ABSOLUTE = '{speed: {run: x, report: b.json, limits: {p95: "<= 300"}}, scan: {run: x, sarif: s.sarif}}';

const verified: NewEvent = {
  ...{ type: 'verified', suite: 'speed', verdict: 'passed', reason: null, summary: '', attempts: 1 },
  ...{ tests: null, alerts: null, values: { p95: 100 }, fingerprints: ['aa'], findings: [] },
};
const events = formatEvents([started(), ...timed([verified])]);
const promoted = (release: string, sha = SHA, version = '1.2') => ({ release, version, sha });
const PROMOTED: Partial<Current> = {
  last_promoted: { ...promoted('r1'), at: AT },
  recent: [{ ...promoted('r1'), decision: 'promoted', started: AT, ended: AT }],
};

async function bases(verify: string, current: Partial<Current>, files: Readonly<Record<string, string>>) {
  const outcome = parsePlan({
    text: `service: shop\nenvironment: production\npromote: x\nverify: ${verify}\n`,
    source: 'plan',
  });
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems));
  const ledger = new MemoryLedger();
  ledger.edit({
    'current.json': formatCurrent({ ...emptyCurrent('shop', 'production'), ...current }),
    ...files,
  });
  return [...(await evidenceBases(outcome.plan, await ledger.session('me')))];
}

describe('what the last promoted release left', () => {
  const left = [['speed', { version: '1.2', values: { p95: 100 }, fingerprints: ['aa'] }]];

  test.each([[RELATIVE], [NEW_ONLY]])('is read for %s', async (verify) => {
    expect(await bases(verify, PROMOTED, { 'r1/events.jsonl': events })).toEqual(left);
  });

  test('is not asked for where nothing is held against it', async () => {
    expect(await bases(ABSOLUTE, PROMOTED, {})).toEqual([]);
  });

  test('is nothing before the first one', async () => {
    expect(await bases(RELATIVE, {}, {})).toEqual([]);
  });

  test('is, after a rollback by hand, that of the release which had promoted the version', async () => {
    const current: Partial<Current> = {
      last_promoted: { ...promoted('back'), at: AT },
      recent: [
        { ...promoted('back', PREVIOUS_SHA, '1.3'), decision: 'rolled-back', started: AT, ended: AT },
        { ...promoted('r2', PREVIOUS_SHA, '1.3'), decision: 'promoted', started: AT, ended: AT },
        { ...promoted('r1'), decision: 'promoted', started: AT, ended: AT },
      ],
    };
    expect(await bases(RELATIVE, current, { 'r1/events.jsonl': events })).toEqual(left);
  });

  test.each([
    ['is gone', {}],
    ['cannot be read', { 'r1/events.jsonl': '{"type": "verified"}\n' }],
  ])('is no first release when it %s', async (_, files) => {
    await expect(bases(RELATIVE, PROMOTED, files)).rejects.toMatchObject({
      reason: 'ledger-invalid',
      verdict: 'errored',
      message: expect.stringContaining('the last promoted release r1'),
    });
  });
});
