import { describe, expect, test } from '@jest/globals';
import { situationOf, weightVerified } from '../../src/report/situation.js';
import { earlyEnd, endOf, promoted, rollbackFailed, rolledBack, Story } from './story.js';

const told = (story: Story, more = {}) => situationOf(endOf(story, more));

describe('in service', () => {
  test('a promotion that was read back says so', () => {
    expect(told(promoted()).inService).toBe('`1.2.0` (the new version), as last read.');
  });

  test('a rollback that was read back names the previous version', () => {
    expect(told(rolledBack()).inService).toBe('`1.1.0` (the previous version), as last read.');
  });

  test('a promotion without any reading is not claimed', () => {
    const story = new Story().does('promote').over('promoted', 'all-gates-passed', 'done');
    expect(told(story).inService).toBe('NOT KNOWN: it was not read back. It should be `1.2.0`.');
  });

  test('a reading that failed is not claimed either', () => {
    const story = new Story().does('promote').reads(null).over('rolled-back', 'version-differs', 'x');
    expect(told(story).inService).toMatch(/^NOT KNOWN: it could not be read/);
  });

  test('what was read before a rollback failed is doubted', () => {
    const story = new Story()
      .does('promote')
      .reads('1.2.0')
      .over('rollback-failed', 'rollback-script-failed', 'x');
    expect(told(story).inService).toContain('look for yourself');
  });

  test('a third version is called neither', () => {
    const story = new Story().does('promote').reads('1.0.9').over('rolled-back', 'version-differs', 'x');
    expect(told(story).inService).toContain('NEITHER');
  });

  test('a release that touched nothing left all as before', () => {
    const story = new Story().over('blocked', 'verify-failed', 'x');
    expect(told(story).inService).toBe('As before: `1.1.0`. This release changed nothing.');
    expect(situationOf(earlyEnd()).inService).toBe('As before. This release changed nothing.');
  });

  test('a canary alone leaves the previous version, unverified', () => {
    const story = new Story().does('canary').moves(5).moves(0).over('rolled-back', 'metric-failed', 'x');
    expect(told(story).inService).toMatch(/^`1\.1\.0` \(the previous version\): promotion was never begun/);
  });
});

describe('traffic', () => {
  test.each([
    ['whole on the old version', new Story().moves(5).moves(0), 'Whole: 0 % on the canary, read back.', true],
    ['whole on the new one', new Story().moves(100), 'Whole: 100 % on the new version, read back.', true],
    ['split', new Story().moves(25), 'SPLIT: 25 % on the canary, read back.', true],
    [
      'unverified',
      new Story().moves(0, { verified: false }),
      'Whole: 0 % on the canary, not read back, so unverified.',
      false,
    ],
    [
      'lost in a move',
      new Story().moves(5).add({ type: 'intent', effect: 'traffic', weight: 25, timeout_ms: 1 }),
      'NOT KNOWN: the last move failed or has no outcome; last known at 5 % on the canary (10:00:02 UTC).',
      false,
    ],
    [
      'never known',
      new Story().moves(5, { ok: false }),
      'NOT KNOWN: the last move failed or has no outcome; never known.',
      false,
    ],
    ['not moved', new Story(), 'Not moved by this release.', null],
  ])('%s', (_, story, text, verified) => {
    expect(told(story).traffic).toBe(text);
    expect(weightVerified(story.state)).toBe(verified);
  });

  test('split traffic is the first thing to look at', () => {
    const story = new Story().moves(25).over('rollback-failed', 'traffic-back-failed', 'x');
    expect(told(story).toDo).toMatch(
      /^Look at the traffic first.*Move all traffic to the old version by hand now/,
    );
  });

  test('an end because of another release does not vouch for the traffic', () => {
    expect(situationOf(earlyEnd({ reason: 'busy' })).traffic).toBe(
      'Not moved by this release. Another release may be moving it.',
    );
  });
});

test('a run that took back what another one left, and not wholly, does not say that nothing was changed', () => {
  const { headline, inService, traffic, toDo } = situationOf(earlyEnd({ reason: 'recovery-failed' }));
  expect(headline).toBe('BLOCKED: an unfinished release is not safe');
  expect(`${inService} ${traffic}`).toMatch(
    /^NOT KNOWN: an unfinished release was taken back as far as it went/,
  );
  expect(`${inService} ${traffic}`).not.toMatch(/changed nothing|Not moved/);
  expect(toDo).toContain('See in its record or incident what was done');
});

test('commands left for a person are announced', () => {
  expect(told(rollbackFailed()).toDo).toMatch(/Then finish the rollback in git with the commands below\.$/);
});

test('a headline never leaves empty places', () => {
  expect(situationOf(earlyEnd()).headline).toBe('BLOCKED: nothing was begun');
  expect(told(rolledBack()).headline).toBe('ROLLED BACK: `shop` `1.2.0` in `production`');
  expect(situationOf(earlyEnd({ decision: 'passed', service: 'shop', dryRun: true })).headline).toBe(
    'PASSED: `shop` (dry run)',
  );
});
