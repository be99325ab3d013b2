import type { Current, Lease } from './current.js';
import type { RunRef } from './events.js';

/** How long a lease holds without being renewed; each write to the ledger renews it. */
export const LEASE_MS = 15 * 60_000;

/** How often the owner looks whether a person asked it to stop. */
export const LOOK_EVERY_MS = 15_000;

/** A lease older than this is renewed by a write of its own. */
export const RENEW_AFTER_MS = 5 * 60_000;

/** Without an answer from GitHub for so long, nothing says any more that this release may go on. */
export const SILENT_AFTER_MS = 10 * 60_000;

export function newLease(options: { owner: string; fence: number; run: RunRef; now: number }): Lease {
  return {
    owner: options.owner,
    fence: options.fence,
    since: iso(options.now),
    expires: iso(options.now + LEASE_MS),
    run: options.run,
  };
}

export function renewed(lease: Lease, now: number): Lease {
  return { ...lease, expires: iso(now + LEASE_MS) };
}

/** The lease that stands in the way of `owner`, if one does. An expired one does not. */
export function heldByAnother(current: Current, owner: string, now: number): Lease | null {
  const { lease } = current;
  if (!lease || lease.owner === owner) return null;
  return Date.parse(lease.expires) > now ? lease : null;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
