import { type Comparison, GithubError } from '../github/contract.js';
import { pathMatcher } from '../plan/globs.js';
import { ReleaseProblem } from '../release/problem.js';
import { type Containment, held, type Quarantined } from '../release/quarantine.js';
import type { LedgerSession } from '../release/session.js';
import type { Ports } from './context.js';
import type { ReleaseRequest } from './request.js';

/** What git says of the commit to release: what changed since the last promoted one, and what it contains. */
export interface History {
  /** null when nothing was promoted, nothing needs it, or GitHub could not compare. */
  readonly comparison: Comparison | null;
  /** Releases in quarantine that this commit contains together with what mends them. */
  readonly mends: readonly string[];
  /** What it contains of changes in quarantine, as a sentence; null when it may be released. */
  readonly held: string | null;
  /** Why the release could not be taken back; null when it could. */
  readonly irreversible: string | null;
}

/** Reads what the commit brings, and what it contains of changes that were taken back. */
export async function readHistory(options: {
  readonly request: ReleaseRequest;
  readonly session: LedgerSession;
  readonly ports: Ports;
}): Promise<History> {
  const [comparison, contained] = await Promise.all([compared(options), containment(options)]);
  return {
    held: heldBecause(options, contained),
    comparison,
    mends: contained.filter((one) => one.bad && one.mended).map((one) => one.release),
    irreversible: irreversibleBecause(options, comparison),
  };
}

async function compared({
  request,
  session,
  ports,
}: Parameters<typeof readHistory>[0]): Promise<Comparison | null> {
  const last = session.current.last_promoted;
  const { paths, rollback } = request.plan;
  if (!last || last.sha === request.sha || paths.length + rollback.irreversibleWhen.length === 0) return null;
  try {
    return await ports.github.repository.compare(last.sha, request.sha);
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    // A release that may be nothing to do goes through its gates, and one that may be irreversible counts as such.
    return null;
  }
}

async function containment({
  request,
  session,
  ports,
}: Parameters<typeof readHistory>[0]): Promise<readonly Containment[]> {
  const { quarantine } = session.current;
  if (quarantine.length === 0) return [];
  try {
    const bad = quarantine.map(({ release, sha, rollback }) => ({ release, sha, rollbackCommit: rollback }));
    const standings = await ports.github.repository.quarantine(request.sha, bad);
    return standings.map((one) => ({
      release: one.release,
      bad: one.contains,
      mended: one.rolledBack || one.fixedBy !== null,
      waiting: one.since.map(({ sha, subject }) => `${sha.slice(0, 7)} ${subject}`),
    }));
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    throw new ReleaseProblem(
      'github-unreachable',
      `whether ${request.sha.slice(0, 7)} contains a change in quarantine could not be found out: ${error.message}`,
      { cause: error, verdict: 'errored' },
    );
  }
}

function heldBecause(
  { request, session, ports }: Parameters<typeof readHistory>[0],
  contained: readonly Containment[],
): string | null {
  const bad = held(session.current.quarantine, contained);
  if (bad.length === 0) return null;
  const list = bad
    .map((one) => {
      const back = one.rollback ? `its rollback is ${one.rollback.slice(0, 7)}` : 'it has no rollback commit';
      return `${one.version} (${one.sha.slice(0, 7)}, taken back by ${one.release}; ${back})`;
    })
    .join(', ');
  if (request.overrides.includes('quarantine')) {
    ports.log.warning(`Released from quarantine by ${request.actor}: ${list}`);
  }
  return `${request.sha.slice(0, 7)} contains ${list}, and not what mends it${waitingText(bad, contained)}`;
}

const MOST_WAITING = 10;

/** Whose work waits with the bad change, so that they can be told. */
function waitingText(bad: readonly Quarantined[], contained: readonly Containment[]): string {
  const releases = new Set(bad.map((one) => one.release));
  const lists = contained.filter((one) => releases.has(one.release)).map((one) => one.waiting ?? []);
  const waiting = [...new Set(lists.flat())];
  if (waiting.length === 0) return '';
  const more = waiting.length > MOST_WAITING ? `, and ${waiting.length - MOST_WAITING} more` : '';
  return `. With it wait: ${waiting.slice(0, MOST_WAITING).join(', ')}${more}`;
}

function irreversibleBecause(
  { request, session }: Parameters<typeof readHistory>[0],
  comparison: Comparison | null,
): string | null {
  const globs = request.plan.rollback.irreversibleWhen;
  const last = session.current.last_promoted;
  if (globs.length === 0 || last?.sha === request.sha) return null;
  if (!comparison?.files) {
    return `it is not known which files changed since ${last?.version ?? 'the version in service'}, and \`irreversible-when\` is given`;
  }
  const files = comparison.files.filter(pathMatcher(globs));
  if (files.length === 0) return null;
  const more = files.length > 3 ? ` and ${files.length - 3} more` : '';
  return `it changes ${files.slice(0, 3).join(', ')}${more}`;
}
