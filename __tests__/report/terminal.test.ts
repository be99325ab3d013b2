import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { narrate, terminalLines } from '../../src/report/terminal.js';
import { webhookBody } from '../../src/report/webhook.js';
import { hostile } from './hostile.js';
import { earlyEnd, endOf, promoted, rollbackFailed, rolledBack, Story } from './story.js';

test('the log ends with the decision, why, what serves, and what to do', () => {
  expect(terminalLines(endOf(rolledBack())).slice(0, 5)).toEqual([
    'ROLLED BACK: shop 1.2.0 in production',
    '  why         at 25 %: errors: 5.12 % of 12,041 requests failed, limit 1 % (metric-failed)',
    '  in service  1.1.0 (the previous version), as last read.',
    '  traffic     Whole: 0 % on the canary, read back.',
    '  what to do  See the evidence in the check of the stage; mend the change before releasing it again.',
  ]);
});

test('commands and contacts are in the log when a person is needed', () => {
  const lines = terminalLines(
    endOf(rollbackFailed(), { contacts: [{ name: 'On call', github: '@acme/sre' }] }),
  );
  expect(lines).toContain('  run         git revert --no-edit a1b2c3d');
  expect(lines).toContain('  call        On call (@acme/sre)');
});

test('the live log has one line an event', () => {
  const lines = promoted().events.map(narrate);
  expect(lines[0]).toBe(
    '10:00:00 release 20261122-100000-a1b2c3d-9f3e: shop 1.2.0 to production, after 1.1.0',
  );
  expect(lines).toContain('10:02:57 traffic: 5 % on the canary, read back');
  expect(lines).toContain(
    '10:43:04 judged at 50 %: passed. latency 233 ms over 12,041 requests, limit 300 ms',
  );
  expect(lines.at(-1)).toMatch(/ ended: promoted\. 1\.2\.0 is in service, read back$/);
});

test('an unverified weight and a failed effect are called so', () => {
  const { events } = new Story()
    .moves(5, { verified: false })
    .does('rollback', { ok: false, note: 'exit 7' });
  expect(narrate(events[2] ?? fail())).toBe('10:00:02 traffic: 5 % on the canary, unverified');
  expect(narrate(events[4] ?? fail())).toBe('10:00:08 rollback script: FAILED after 4 s: exit 7');
});

test('no text can be taken for a workflow command', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const story = new Story().begins('verify').ends('verify', 'failed', { summary: text });
      const end = endOf(story.over('blocked', 'verify-failed', text), { contacts: [{ name: text }] });
      for (const line of [...story.events.map(narrate), ...terminalLines(end)]) {
        expect(line).not.toMatch(/[\r\n]|^\s*::|##\[/);
      }
    }),
  );
});

test('a notification carries the decision, where things stand, and when it ended', () => {
  expect(webhookBody(endOf(rolledBack()))).toMatchObject({
    schema_version: 1,
    event: 'rolled-back',
    service: 'shop',
    reason_code: 'metric-failed',
    in_service: '1.1.0',
    weight: 0,
    weight_verified: true,
    at: '2026-11-22T10:16:36.000Z',
  });
});

test('a notification about an end without a record invents nothing', () => {
  const body = webhookBody(earlyEnd());
  expect(body).toMatchObject({ release: null, in_service: null, weight: null, weight_verified: null });
  expect(body).not.toHaveProperty('at');
});

function fail(): never {
  throw new Error('the story is shorter than the test expects');
}
