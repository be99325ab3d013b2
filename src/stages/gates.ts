import { judgeBlockers } from '../gates/blockers.js';
import { judgeDocuments } from '../gates/documents.js';
import { judgeOverrides } from '../gates/overrides.js';
import { type People, teamsIn } from '../gates/people.js';
import { judgePromotedIn, latestOf } from '../gates/promoted-in.js';
import type { SignOff } from '../gates/sign-off-facts.js';
import { type GateVerdict, open, shut } from '../gates/verdict.js';
import { judgeWindow } from '../gates/window.js';
import { lengthOf } from '../plan/length.js';
import type { Plan } from '../plan/plan.js';
import { type Current, parseCurrent, RECENT } from '../release/current.js';
import { parseEvents } from '../release/events.js';
import { summaryOf } from '../release/journal.js';
import { fold, type ReleaseState } from '../release/state.js';
import { type GateOptions, known, stillThere } from './gate-facts.js';
import type { ReleaseRequest } from './request.js';
import { lookAtMachine } from './requires.js';
import { lookAtSignOff } from './sign-off.js';

export interface GateReport {
  readonly verdicts: readonly GateVerdict[];
  readonly signOffs: readonly SignOff[];
}

/** Asks all gates before anything has changed, so that all that is missing can be named at once. Only reads. */
export async function askGates(options: GateOptions): Promise<GateReport> {
  const { plan } = options.request;
  const people = await peopleOf(options);
  const permit = permitOf(options.request, people);
  const isPermitted = permit?.state === 'open';
  const [promoted, machine, signOff, blockers, documents] = await Promise.all([
    plan.promotedIn === null ? [] : [await promotedIn(options, plan.promotedIn)],
    lookAtMachine(options),
    plan.approvals.length === 0 ? { verdicts: [], signOffs: [] } : await lookAtSignOff(options, people),
    plan.blockers.labels.length === 0 ? [] : [await blockersOf(options)],
    plan.documents.length === 0 ? [] : [await documentsOf(options)],
  ]);
  const overriding = isPermitted ? options.request.overrides : [];
  const verdicts = [
    ...(permit === null ? [] : [permit]),
    ...promoted,
    ...machine,
    ...(plan.window === null ? [] : [windowOf(options, plan.window)]),
    ...signOff.verdicts,
    ...blockers,
    ...quarantineOf(options.held),
    ...documents,
  ];
  return { verdicts: verdicts.map((verdict) => overridden(verdict, overriding)), signOffs: signOff.signOffs };
}

/** Whether the person who asks for overrides may; null when none are asked for. */
export async function mayOverride(
  options: Pick<GateOptions, 'request' | 'ports'>,
): Promise<GateVerdict | null> {
  return permitOf(options.request, await peopleOf(options));
}

function permitOf({ plan, overrides, actor, reason }: ReleaseRequest, people: People): GateVerdict | null {
  return judgeOverrides(plan.overrides, { asked: overrides, actor, reason, people });
}

/** What a person opens stays on the record with what it would have said. */
function overridden(verdict: GateVerdict, overriding: readonly string[]): GateVerdict {
  if (verdict.state === 'open' || !overriding.includes(verdict.gate)) return verdict;
  return open(verdict.gate, `overridden; without that: ${verdict.text}`, { evidence: verdict.evidence });
}

function windowOf({ request, ports }: GateOptions, window: NonNullable<Plan['window']>): GateVerdict {
  const now = ports.github.repository.serverTime();
  return judgeWindow(window, { now, neededMs: lengthOf(request.plan).atMostMs });
}

function quarantineOf(held: string | null): readonly GateVerdict[] {
  if (held === null) return [];
  const opens =
    'Release a commit that contains the rollback or the fix; or dispatch with `override: quarantine`';
  return [shut('quarantine', { reason: 'quarantined', text: held, opens })];
}

function promotedIn(
  { request, ports }: GateOptions,
  before: NonNullable<Plan['promotedIn']>,
): Promise<GateVerdict> {
  const { service } = request.plan;
  const { environment } = before;
  return known({ gate: 'promoted-in', reason: 'not-promoted-before' }, async () => {
    const { sha } = request;
    const { current: text, url } = await ports.github.facts.ledger({ service, environment });
    const current = text === null ? null : parseCurrent(text, service, environment);
    const isListed = current === null || current.recent.length < RECENT || latestOf(current.recent, sha);
    const past = isListed ? [] : await ports.github.facts.releasesOf({ service, environment, sha });
    return judgePromotedIn(before, {
      ...{ sha, now: ports.github.repository.serverTime(), current, url },
      past: past.map((events) => fold(parseEvents(events))).flatMap(endedOf),
    });
  });
}

/** One that has not ended says nothing yet. */
function endedOf(state: ReleaseState): Current['recent'] {
  return state.ended === null ? [] : [summaryOf(state)];
}

function blockersOf({ request, ports }: GateOptions): Promise<GateVerdict> {
  const { labels } = request.plan.blockers;
  return known({ gate: 'blockers', reason: 'blockers-unknown' }, async () =>
    judgeBlockers(labels, await ports.github.facts.openIssues(labels)),
  );
}

function documentsOf({ request, ports, current }: GateOptions): Promise<GateVerdict> {
  const base = current.last_promoted?.sha ?? null;
  const since = current.last_promoted
    ? `${current.last_promoted.version}, ${current.last_promoted.sha.slice(0, 7)}`
    : 'the beginning: nothing was promoted here yet';
  return known({ gate: 'documents', reason: 'documents-unknown' }, async () => {
    const { facts } = ports.github;
    const changed = await facts.changes({ base, head: request.sha });
    const documented =
      changed === null ? null : await stillThere(facts, { paths: changed, head: request.sha });
    return judgeDocuments(request.plan.documents, { changed, documented, since });
  });
}

async function peopleOf({ request, ports }: Pick<GateOptions, 'request' | 'ports'>): Promise<People> {
  const { approvals, overrides } = request.plan;
  const asked = request.overrides.length > 0 ? (overrides?.from ?? []) : [];
  const teams = teamsIn([...approvals.flatMap(({ from }) => from), ...asked]);
  const members = await Promise.all(
    // A team that cannot be read now is one that cannot be read.
    teams.map(async (team) => [team, await ports.github.facts.team(team).catch(() => null)] as const),
  );
  return new Map(members);
}
