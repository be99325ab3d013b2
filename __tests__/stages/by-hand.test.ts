import { describe, expect, test } from '@jest/globals';
import { type Current, emptyCurrent } from '../../src/release/current.js';
import { releaseAfter, targetOf } from '../../src/stages/by-hand.js';

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

/** Newest first: `1.3<1.1` took the place of 1.1, `-1.2` took 1.2 back. */
function past(...entries: readonly string[]): Current {
  const recent = entries.map((text, index) => {
    const [version = '', before] = text.replace('-', '').split('<');
    const one = entry(version, text.startsWith('-') ? 'rolled-back' : 'promoted');
    const release = `${index}-${text}`;
    if (before === undefined) return { ...one, release };
    return { ...one, release, previous: before === '' ? null : { version: before, sha: entry(before).sha } };
  });
  return { ...emptyCurrent('shop', 'production'), recent };
}

const serving = (version: string, current: Current): Current => ({
  ...current,
  last_promoted: last(version),
});
const back = (current: Current, version: string | null = null) => {
  const target = targetOf(current, { version, sha: null });
  return [target.good.version, releaseAfter(current, target).split('-').slice(1).join('-')];
};

describe('it goes to what the bad version took the place of, with the data of that moment', () => {
  test('also when another version was taken back before', () => {
    expect(back(serving('1.3', past('1.3<1.1', '-1.2', '1.2<1.1', '1.1<1.0')))).toEqual(['1.1', '1.3<1.1']);
  });

  test('also when a version was skipped by an earlier rollback', () => {
    const current = serving('1.4', past('1.4<1.1', '-1.3', '1.3<1.2', '1.2<1.1', '1.1<'));
    expect(back(current)).toEqual(['1.1', '1.4<1.1']);
    // What is not in the line is had by name, with the data of before the bad version.
    expect(back(current, '1.2')).toEqual(['1.2', '1.4<1.1']);
  });

  test('over several versions at once with the data of before the first of them', () => {
    const current = serving('1.4', past('1.4<1.3', '1.3<1.2', '1.2<1.1', '1.1<'));
    expect(back(current, '1.2')).toEqual(['1.2', '1.3<1.2']);
    expect(back(current)).toEqual(['1.3', '1.4<1.3']);
  });

  test('past what was to be taken back and could not be', () => {
    expect(back(serving('1.3', past('1.3<1.2', '-1.2', '1.2<1.1', '1.1<')))).toEqual(['1.1', '1.2<1.1']);
  });

  test('nowhere when that was brought by hand and is not known, until a version is named', () => {
    const [bad, ...rest] = past('1.3<9.9', '1.2<1.1', '1.1<').recent;
    if (!bad) throw new Error('no release');
    const recent = [{ ...bad, previous: { version: '9.9', sha: null } }, ...rest];
    const current = serving('1.3', { ...emptyCurrent('shop', 'production'), recent });
    expect(() => targetOf(current, { version: null, sha: null })).toThrow(
      /took the place of 9.9.*known are 1.2/,
    );
    expect(back(current, '1.1')).toEqual(['1.1', '1.3<9.9']);
  });
});
