import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NewEvent } from '../../src/release/events.js';
import { held, type Quarantined, quarantineAfter } from '../../src/release/quarantine.js';
import { fold } from '../../src/release/state.js';
import { SHA, started, timed } from './events-of.js';

const bad = (release: string): Quarantined => ({ release, version: '1.2', sha: SHA, rollback: null });

const ended = (decision: 'promoted' | 'rolled-back' | 'halted' | 'blocked'): NewEvent => ({
  type: 'ended',
  decision,
  reason: decision === 'promoted' ? 'all-gates-passed' : 'metric-failed',
  summary: '',
  weight: 0,
  in_service: null,
});
const failing = (reason: 'metric-failed' | 'superseded'): NewEvent => ({
  type: 'failing',
  reason,
  summary: '',
});
const afterwards = (events: readonly NewEvent[], change = {}) => fold([started(change), ...timed(events)]);

describe('a change in quarantine', () => {
  test('holds a commit that contains it and not what mends it', () => {
    const one = bad('r1');
    expect(held([one], [{ release: 'r1', bad: true, mended: false }])).toEqual([one]);
    expect(held([one], [{ release: 'r1', bad: true, mended: true }])).toEqual([]);
    expect(held([one], [{ release: 'r1', bad: false, mended: false }])).toEqual([]);
  });

  test('of which nothing is known holds: a gate that does not know does not open', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 }), (releases) => {
        expect(held(releases.map(bad), [])).toHaveLength(releases.length);
      }),
    );
  });

  test('enters when its release went back, with the commit that takes it back', () => {
    const commit: NewEvent = {
      type: 'rollback-commit',
      result: 'done',
      commit: 'c'.repeat(40),
      url: null,
      note: '',
      files: [],
      commands: [],
    };
    const state = afterwards([failing('metric-failed'), commit, ended('rolled-back')]);
    expect(quarantineAfter([], state)).toEqual([
      { release: state.started.release, version: '1.2', sha: SHA, rollback: 'c'.repeat(40) },
    ]);
    expect(quarantineAfter([], afterwards([failing('metric-failed'), ended('halted')]))).toHaveLength(1);
  });

  test('does not enter when its release touched nothing, was promoted, or only made room for a newer one', () => {
    expect(quarantineAfter([], afterwards([ended('blocked')]))).toEqual([]);
    expect(quarantineAfter([], afterwards([ended('promoted')]))).toEqual([]);
    expect(quarantineAfter([], afterwards([failing('superseded'), ended('rolled-back')]))).toEqual([]);
  });

  test('leaves when a release that mends it was promoted, and only then', () => {
    const before = [bad('r1'), bad('r2')];
    expect(quarantineAfter(before, afterwards([ended('promoted')], { mends: ['r1'] }))).toEqual([bad('r2')]);
    const failed = afterwards([failing('metric-failed'), ended('rolled-back')], { mends: ['r1'] });
    expect(quarantineAfter(before, failed).map((one) => one.release)).toEqual([
      'r1',
      'r2',
      failed.started.release,
    ]);
  });
});
