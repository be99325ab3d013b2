import { describe, expect, test } from '@jest/globals';
import { type Current, emptyCurrent } from '../../src/release/current.js';
import { targetOf } from '../../src/stages/by-hand.js';

const at = '2026-03-01T10:00:00.000Z';
const entry = (version: string, decision: 'promoted' | 'rolled-back' = 'promoted') => ({
  release: `r-${version}`,
  version,
  sha: version.replaceAll('.', '').padEnd(40, '0'),
  decision,
  started: at,
  ended: at,
});
const last = (version: string) => ({ ...entry(version), at });

const current: Current = {
  ...emptyCurrent('shop', 'production'),
  last_promoted: { release: 'r-1.4', version: '1.4', sha: last('1.4').sha, at },
  recent: [entry('1.4'), entry('1.3', 'rolled-back'), entry('1.2'), entry('1.1')],
};

describe('a rollback by hand goes', () => {
  test('to the version promoted before the last, past those that were not', () => {
    expect(targetOf(current, { version: null, sha: null })).toMatchObject({
      bad: { version: '1.4' },
      good: { version: '1.2' },
    });
  });

  test('to the version or commit asked for', () => {
    expect(targetOf(current, { version: '1.1', sha: null }).good.version).toBe('1.1');
    expect(targetOf(current, { version: null, sha: '1100000' }).good.version).toBe('1.1');
  });

  test.each([
    ['a version that was never promoted', { version: '1.3', sha: null }],
    ['the version that is in service', { version: '1.4', sha: null }],
    ['a commit that the ledger does not name', { version: null, sha: 'fffffff' }],
    ['two that do not go together', { version: '1.1', sha: '1200000' }],
  ])('nowhere for %s, and says what is known', (_, wanted) => {
    expect(() => targetOf(current, wanted)).toThrow(
      expect.objectContaining({
        reason: 'nothing-to-roll-back',
        message: expect.stringContaining('1.2 (1200000)'),
      }),
    );
  });

  test('nowhere when nothing was promoted', () => {
    expect(() => targetOf(emptyCurrent('shop', 'production'), { version: null, sha: null })).toThrow(
      expect.objectContaining({ reason: 'nothing-to-roll-back' }),
    );
  });
});
