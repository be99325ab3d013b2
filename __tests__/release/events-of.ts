import type { NewEvent, ReleaseEvent, Started } from '../../src/release/events.js';

export const SHA = 'a'.repeat(40);
export const PREVIOUS_SHA = 'b'.repeat(40);

export function started(change: Partial<Started> = {}): Started {
  return {
    type: 'started',
    at: '2026-03-01T10:00:00.000Z',
    schema_version: 1,
    release: '20260301-100000-aaaaaaa-0001',
    service: 'shop',
    environment: 'production',
    version: '1.2',
    sha: SHA,
    previous: { version: '1.1', sha: PREVIOUS_SHA },
    branch: 'main',
    actor: 'alice',
    trigger: 'push',
    reason: null,
    overrides: [],
    run: { id: '7', attempt: '1', job: '70', url: 'https://github.example/acme/shop/actions/runs/7/job/70' },
    owner: 'owner-1',
    fence: 1,
    plan: { source: '.github/gated-release.yml', digest: 'd1' },
    steps: [5, 50],
    kind: 'release',
    mends: [],
    irreversible: null,
    ...change,
  };
}

/** Gives events times one second apart, after `started`. */
export function timed(events: readonly NewEvent[]): readonly ReleaseEvent[] {
  return events.map((event, index) => ({
    ...event,
    at: new Date(Date.parse('2026-03-01T10:00:00.000Z') + 1000 * (index + 1)).toISOString(),
  })) as ReleaseEvent[];
}
