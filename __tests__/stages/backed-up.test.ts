import { expect, test } from '@jest/globals';
import type { BackedUp } from '../../src/release/events.js';
import { keptOf } from '../../src/stages/backed-up.js';

const BACKED_UP: BackedUp = {
  ...{ source: 'settings', kind: 'files', store: 'restic', id: '0a1b2c3d' },
  ...{ taken_at: '2026-03-01T09:00:00.000Z', bytes: 8, sha256: 'a'.repeat(64), digest: 'b'.repeat(64) },
  ...{ proved: 'identical', restore: 'restic dump' },
};

test('a restore compares the length of the stored stream, never that of the content', () => {
  expect(keptOf({ ...BACKED_UP, stream_bytes: 5632 }).size).toBe(5632);
  expect(keptOf({ ...BACKED_UP, stream_bytes: null }).size).toBeNull();
  // A record that was written before the length was kept.
  expect(keptOf(BACKED_UP).size).toBeNull();
});
