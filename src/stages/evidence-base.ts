import type { EvidenceBase } from '../judge/suite-judgement.js';
import type { Plan, Suite } from '../plan/plan.js';
import type { Current } from '../release/current.js';
import { EventsInvalid, parseEvents, type Verified } from '../release/events.js';
import { ReleaseProblem } from '../release/problem.js';
import type { LedgerSession } from '../release/session.js';

/** What the last promoted release left, by suite. Reads the ledger only if a suite is held against it. */
export async function evidenceBases(
  plan: Plan,
  session: LedgerSession,
): Promise<ReadonlyMap<string, EvidenceBase>> {
  if (!plan.verify.some(needsBase)) return new Map();
  const release = promotedIn(session.current);
  if (release === null) return new Map();
  const verified = await verifiedOf(session, release.release);
  return new Map(
    verified.map(({ suite, values, fingerprints }) => [
      suite,
      { version: release.version, values, fingerprints },
    ]),
  );
}

function needsBase({ evidence }: Suite): boolean {
  return evidence.some((source) => {
    if (source.kind === 'report') return source.limits.some(({ kind }) => kind === 'relative');
    return source.kind === 'sarif' && source.newOnly;
  });
}

/** After a rollback by hand the last promoted entry is that rollback; what proved its version is the release before. */
function promotedIn({ last_promoted: last, recent }: Current): { release: string; version: string } | null {
  if (last === null) return null;
  const proved = recent.find(
    (one) => one.decision === 'promoted' && one.sha === last.sha && one.version === last.version,
  );
  return { release: proved?.release ?? last.release, version: last.version };
}

/** The last of each suite counts, as in the state. What cannot be read is not taken for "nothing to compare with". */
async function verifiedOf(session: LedgerSession, release: string): Promise<readonly Verified[]> {
  const text = await session.readFile(`${release}/events.jsonl`);
  if (text === null) throw unreadable(release, 'it has no events.jsonl');
  try {
    return parseEvents(text).filter((event) => event.type === 'verified');
  } catch (error) {
    if (error instanceof EventsInvalid) throw unreadable(release, error.message, error);
    throw error;
  }
}

function unreadable(release: string, why: string, cause?: unknown): ReleaseProblem {
  return new ReleaseProblem(
    'ledger-invalid',
    `what the last promoted release ${release} measured cannot be read: ${why}`,
    { cause, verdict: 'errored' },
  );
}
