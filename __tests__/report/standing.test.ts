import { expect, test } from '@jest/globals';
import { type Current, emptyCurrent } from '../../src/release/current.js';
import { type Standing, standingLine, standingResult, standingsSummary } from '../../src/report/standing.js';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');
const RELEASE = '20260301-100000-aaaaaaa-0001';
const SHA = 'a'.repeat(40);

function standing(change: Partial<Current>): Standing {
  return {
    service: 'shop',
    environment: 'production',
    url: 'https://github.example/acme/shop/tree/gated-release/shop/production',
    current: { ...emptyCurrent('shop', 'production'), ...change },
    problem: null,
  };
}

const promoted = {
  release: RELEASE,
  version: '2026.3-long-version',
  sha: SHA,
  at: '2026-02-01T10:00:00.000Z',
};
const parked = { resume_at: '2026-03-01T10:15:00.000Z', until: '2026-03-02T10:00:00.000Z', weight: 10 };

test('each cell of the summary holds its whole text', () => {
  const recent = [
    {
      ...{ release: RELEASE, version: '1.2', sha: SHA, decision: 'rolled-back' as const },
      ...{ started: '2026-02-01T09:00:00.000Z', ended: '2026-02-01T10:00:00.000Z' },
    },
  ];
  const quarantine = [{ release: RELEASE, version: '1.2', sha: SHA, rollback: null }];
  const summary = standingsSummary([standing({ last_promoted: promoted, recent, quarantine })], NOW);
  for (const text of [
    '2026.3-long-version (aaaaaaa) since 2026-02-01T10:00:00.000Z',
    '| nothing |',
    '1.2 rolled-back at 2026-02-01T10:00:00.000Z',
    '1.2 (aaaaaaa)',
  ])
    expect(summary).toContain(text);
});

test('a parked release is told as one, with its weight and times, until its time is over', () => {
  const one = standing({ release: RELEASE, parked });
  const line = standingLine(one, NOW);
  const said = 'parked at 10 %, next look 2026-03-01T10:15:00.000Z, until 2026-03-02T10:00:00.000Z';
  expect(line).toContain(said);
  expect(line).not.toContain('resume`');
  expect(standingsSummary([one], NOW)).toContain(said);
  expect(standingResult(one)).toMatchObject({ in_flight: RELEASE, parked });
  expect(standingLine(one, Date.parse(parked.until))).toContain('which is over: run `command: resume`');
});

test('a release that nobody holds and that is not parked is lost', () => {
  const one = standing({ release: RELEASE });
  expect(standingLine(one, NOW)).toContain('which nobody holds any more: run `command: resume`');
  expect(standingResult(one).parked).toBeNull();
});
