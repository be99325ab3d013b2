import type { Current } from '../release/current.js';

/** Why what is in service is not what was promoted last; null when it is. A rollback that failed is no person's doing. */
export function driftOf({ last_promoted: last, recent }: Current, serves: string): string | null {
  if (!last || serves === last.version) return null;
  const latest = recent.find(({ sha, version }) => sha === last.sha && version === last.version);
  const why =
    latest?.decision === 'rollback-failed'
      ? `the rollback ${latest.release} of it did not come to its end`
      : 'someone changed it by hand';
  return `The ledger’s last promoted version is ${last.version}, but ${serves} is in service: ${why}. The way back is ${serves}, as before this release`;
}
