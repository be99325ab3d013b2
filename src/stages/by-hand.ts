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
  const line = lineBefore(current, bad);
  const asked = wanted.version !== null || wanted.sha !== null;
  const isWanted = ({ version, sha }: Before): boolean =>
    (wanted.version === null || version === wanted.version) &&
    (wanted.sha === null || (sha?.startsWith(wanted.sha) ?? false));
  const known = [...line, ...promotedBefore(current, bad)];
  const good = asked ? known.find(isWanted) : line.find((one) => !wasTakenBack(current, one));
  if (good?.sha) return { bad, good: { version: good.version, sha: good.sha } };
  const named = [...new Set(known.filter(({ sha }) => sha !== null).map(nameOf))].join(', ');
  const what = wanted.version ?? wanted.sha ?? 'an earlier promoted version that was not taken back';
  const why = good
    ? `${bad.version} took the place of ${good.version}, which somebody had brought by hand, and of which no commit is known: name the version to go back to`
    : `${what} is not in the ledger before ${bad.version}, which was promoted last`;
  throw new ReleaseProblem(
    'nothing-to-roll-back',
    `${why}; ${named ? `known are ${named}` : 'no other version was promoted'}`,
  );
}

type Recent = Current['recent'][number];

/** A version that served before the one that serves now. */
interface Before {
  readonly version: string;
  /** null where a person brought a version that the ledger does not know. */
  readonly sha: string | null;
  /** The release that took its place: the backup of that one is the data as this version left it. */
  readonly release: string;
}

/** The release whose backup is the data as the good version left it. */
export function releaseAfter(current: Current, { bad, good }: Target): string {
  const line = lineBefore(current, bad);
  // What is not in the line was taken back before: then the data is that of before the bad version.
  return (line.find((one) => isSame(one, good)) ?? line[0])?.release ?? bad.release;
}

/**
 * What served before, newest first: each version is followed by the one that it took the place of, as its own record
 * says. The order in which versions were promoted is not it: one that was taken back is in that order, and is not what
 * the next one took the place of.
 */
function lineBefore({ recent }: Current, bad: Target['bad']): readonly Before[] {
  const line: Before[] = [];
  let at: Pick<Before, 'version' | 'sha'> = bad;
  let from = 0;
  for (;;) {
    const own = recent.findIndex(
      (one, index) => index >= from && one.decision === 'promoted' && isSame(one, at),
    );
    if (own < 0 && line.length > 0) return line;
    const before = own < 0 ? undefined : recent[own]?.previous;
    // Records of before this was kept, and a version whose release is listed no more.
    const next = before === undefined ? olderThan(recent, { own, at }) : before;
    if (!next) return line;
    line.push({ version: next.version, sha: next.sha, release: recent[own]?.release ?? bad.release });
    at = next;
    from = own + 1;
  }
}

function olderThan(
  recent: readonly Recent[],
  { own, at }: { readonly own: number; readonly at: Pick<Before, 'version' | 'sha'> },
): Recent | undefined {
  return recent.slice(own + 1).find((one) => one.decision === 'promoted' && !isSame(one, at));
}

/** All that was promoted before the bad version was, newest first, also what was taken back since. */
function promotedBefore({ recent }: Current, bad: Target['bad']): readonly Before[] {
  const own = recent.findIndex((one) => one.decision === 'promoted' && isSame(one, bad));
  return recent.slice(own + 1).filter((one) => one.decision === 'promoted' && !isSame(one, bad));
}

function isSame(one: Pick<Before, 'version' | 'sha'>, other: Pick<Before, 'version' | 'sha'>): boolean {
  return one.version === other.version && (other.sha === null || one.sha === other.sha);
}

/** A later entry of the same commit that went back: a person, or the release of it, took it out of service. */
function wasTakenBack({ recent }: Current, one: Before): boolean {
  if (one.sha === null) return false;
  const own = recent.findIndex((each) => each.decision === 'promoted' && isSame(each, one));
  const later = recent.slice(0, own < 0 ? recent.length : own);
  return later.some(
    (each) => isSame(each, one) && each.decision !== 'promoted' && each.decision !== 'blocked',
  );
}

function nameOf({ version, sha }: Before): string {
  return `${version} (${(sha ?? '').slice(0, 7)})`;
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
