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
  const promoted = earlier(current, bad);
  const asked = wanted.version !== null || wanted.sha !== null;
  const good = promoted.find(
    (one) =>
      (asked || !wasTakenBack(current, one)) &&
      (wanted.version === null || one.version === wanted.version) &&
      (wanted.sha === null || one.sha.startsWith(wanted.sha)),
  );
  if (good) return { bad, good };
  const what = wanted.version ?? wanted.sha ?? 'an earlier promoted version that was not taken back';
  const known = promoted.map((one) => `${one.version} (${one.sha.slice(0, 7)})`).join(', ');
  throw new ReleaseProblem(
    'nothing-to-roll-back',
    `${what} is not in the ledger before ${bad.version}, which was promoted last; ${known ? `known are ${known}` : 'no other version was promoted'}`,
  );
}

type Recent = Current['recent'][number];

/** The release that came after the good version: its backup is the data as the good version left it. */
export function releaseAfter(current: Current, { bad, good }: Target): string {
  const promoted = [{ ...bad, decision: 'promoted' as const }, ...earlier(current, bad)].filter(
    ({ decision }) => decision === 'promoted',
  );
  const at = promoted.findIndex(({ version, sha }) => version === good.version && sha === good.sha);
  return promoted[at - 1]?.release ?? bad.release;
}

/** What was promoted before the bad version was, newest first. */
function earlier({ recent }: Current, bad: Target['bad']): readonly Recent[] {
  const same = (one: Recent): boolean => one.version === bad.version && one.sha === bad.sha;
  const own = recent.findIndex((one) => one.decision === 'promoted' && same(one));
  return recent.slice(own + 1).filter((one) => one.decision === 'promoted' && !same(one));
}

/** A later entry of the same commit that went back: a person, or the release of it, took it out of service. */
function wasTakenBack({ recent }: Current, promoted: Recent): boolean {
  const later = recent.slice(0, recent.indexOf(promoted));
  return later.some(
    (one) =>
      one.sha === promoted.sha &&
      one.version === promoted.version &&
      one.decision !== 'promoted' &&
      one.decision !== 'blocked',
  );
}

/** Opens the record of a rollback by hand and takes the lease. */
export function openByHand(
  options: JournalOptions & {
    readonly request: ReleaseRequest;
    readonly target: Target;
    /** As the release of the bad version found it. */
    readonly irreversible: string | null;
    /** The backups to restore; null when the data stays. */
    readonly data: NonNullable<Started['data']> | null;
  },
): Promise<Journal> {
  const { request, target, irreversible, data, ...record } = options;
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
    // With its data, what the change did to the data goes back, too.
    irreversible: data ? null : irreversible,
    steps: [],
    ...(data ? { data } : {}),
  };
  return Journal.start(record, [started]);
}
