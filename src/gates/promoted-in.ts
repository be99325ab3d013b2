import type { PromotedIn } from '../plan/gate-keys.js';
import { spanText } from '../plan/windows/words.js';
import type { Current } from '../release/current.js';
import type { Decision } from '../release/decisions.js';
import { type GateVerdict, open, shut } from './verdict.js';

export interface PromotedInFacts {
  readonly sha: string;
  readonly now: number;
  /** Where the other environment stands; null when nothing was ever released there. */
  readonly current: Current | null;
  /** Releases of the commit that are too old for `current` to list, newest first. */
  readonly past: Current['recent'];
  /** Where people read that ledger. */
  readonly url: string;
}

/** Clocks of GitHub’s machines differ a little; a promotion that lies further ahead was not written by a release. */
const SKEW_MS = 5 * 60_000;

/** Decisions that say where a commit stands; all others left it where it was. */
const TELLING: readonly Decision[] = [
  'promoted',
  'rolled-back',
  'rollback-pending',
  'rollback-failed',
  'halted',
];

/** The latest release of a commit that says where it stands; null when none does. */
export function latestOf(releases: Current['recent'], sha: string): Current['recent'][number] | null {
  return releases.find((one) => one.sha === sha && TELLING.includes(one.decision)) ?? null;
}

/** Whether the commit was promoted in the environment that comes before, and still stands there unrevoked. */
export function judgePromotedIn({ environment, withinMs }: PromotedIn, facts: PromotedInFacts): GateVerdict {
  const { sha, now, current, past, url } = facts;
  const short = sha.slice(0, 7);
  const refuse = (text: string, opens: string) =>
    shut('promoted-in', { reason: 'not-promoted-before', text, opens });
  const found = latestOf([...(current?.recent ?? []), ...past], sha);
  if (current?.quarantine.some((one) => one.sha === sha) || (found && found.decision !== 'promoted')) {
    return refuse(
      `${short} was taken back in ${environment}`,
      `Release a mended commit to ${environment} first`,
    );
  }
  if (!found) {
    const last = current?.last_promoted;
    const stands = last ? `; the last one there is ${last.version} (${last.sha.slice(0, 7)})` : '';
    return refuse(
      `${short} was not promoted in ${environment}${stands}`,
      `Release ${short} to ${environment} first`,
    );
  }
  const age = now - Date.parse(found.ended);
  if (age < -SKEW_MS) {
    return refuse(
      `${short} was promoted in ${environment} at ${found.ended} by its record, which is yet to come`,
      'Whoever keeps the ledger finds out who wrote that',
    );
  }
  if (!Number.isFinite(age) || (withinMs !== null && age > withinMs)) {
    return refuse(
      `${short} was promoted in ${environment} ${spanText(age)} ago, and at most ${spanText(withinMs ?? 0)} are allowed`,
      `Release a newer commit to ${environment} first`,
    );
  }
  const text = `${short} was promoted in ${environment} as ${found.version} at ${found.ended}`;
  return open('promoted-in', text, { evidence: [`Its evidence: ${url}/${found.release}/report.md`] });
}
