import type { Current } from '../release/current.js';
import type { Started } from '../release/events.js';
import { Journal, type JournalOptions } from '../release/journal.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReleaseRequest } from './request.js';

/** What a person asks back: a version or a commit that was promoted; neither means the one before. */
export interface Wanted {
  readonly version: string | null;
  readonly sha: string | null;
}

export interface Target {
  readonly bad: NonNullable<Current['last_promoted']>;
  readonly good: { readonly version: string; readonly sha: string };
}

/** From where to where, by the ledger alone. Throws `nothing-to-roll-back`. */
export function targetOf(current: Current, wanted: Wanted): Target {
  const bad = current.last_promoted;
  if (!bad) throw new ReleaseProblem('nothing-to-roll-back', 'the ledger names no promoted release');
  const promoted = current.recent.filter((one) => one.decision === 'promoted' && one.sha !== bad.sha);
  const good = promoted.find(
    (one) =>
      (wanted.version === null || one.version === wanted.version) &&
      (wanted.sha === null || one.sha.startsWith(wanted.sha)),
  );
  if (good) return { bad, good };
  const asked = wanted.version ?? wanted.sha ?? 'an earlier promoted version';
  const known = promoted.map((one) => `${one.version} (${one.sha.slice(0, 7)})`).join(', ');
  throw new ReleaseProblem(
    'nothing-to-roll-back',
    `${asked} is not in the ledger beside ${bad.version}, which was promoted last; ${known ? `known are ${known}` : 'no other version was promoted'}`,
  );
}

/** Opens the record of a rollback by hand and takes the lease. */
export function openByHand(
  options: JournalOptions & { readonly request: ReleaseRequest; readonly target: Target },
): Promise<Journal> {
  const { request, target, ...record } = options;
  const { session } = record;
  const started: Omit<Started, 'at'> = {
    type: 'started',
    schema_version: 1,
    kind: 'rollback',
    release: request.release,
    service: request.plan.service,
    environment: request.plan.environment,
    version: target.bad.version,
    sha: target.bad.sha,
    previous: target.good,
    branch: request.branch,
    actor: request.actor,
    trigger: request.trigger,
    reason: request.reason,
    overrides: [...request.overrides],
    run: session.run,
    owner: session.owner,
    fence: session.current.fence + 1,
    plan: { source: request.plan.source, digest: request.digest },
    mends: [],
    irreversible: null,
    steps: [],
  };
  return Journal.start(record, [started]);
}
