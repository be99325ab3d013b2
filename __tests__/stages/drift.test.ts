import { expect, test } from '@jest/globals';
import { emptyCurrent } from '../../src/release/current.js';
import type { Decision } from '../../src/release/decisions.js';
import { driftOf } from '../../src/stages/drift.js';

const sha = 'a'.repeat(40);
const at = '2026-03-01T09:00:00.000Z';
const after = (decision: Decision) => ({
  ...emptyCurrent('shop', 'production'),
  last_promoted: { release: 'r-1', version: '1.2', sha, at },
  recent: [
    { release: 'r-2', version: '1.2', sha, decision, started: at, ended: at },
    { release: 'r-1', version: '1.2', sha, decision: 'promoted' as const, started: at, ended: at },
  ],
});

test('a version that a failed rollback brought back is not said to be a person’s doing', () => {
  expect(driftOf(after('rollback-failed'), '1.1')).toContain(
    'the rollback r-2 of it did not come to its end',
  );
  expect(driftOf(after('blocked'), '1.1')).toContain('someone changed it by hand');
  expect(driftOf(after('rollback-failed'), '1.2')).toBeNull();
});
