import { type Agreement, agreementOf } from '../gates/agreement.js';
import { judgeDocuments } from '../gates/documents.js';
import { loosened } from '../gates/loosened.js';
import { type People, teamsIn } from '../gates/people.js';
import type { PullFacts } from '../gates/sign-off-facts.js';
import { tightened } from '../gates/tightened.js';
import { planChanges } from '../plan/changes.js';
import type { PlanOfFile } from '../plan/every.js';
import { pathMatcher } from '../plan/globs.js';
import type { Plan } from '../plan/plan.js';
import { type Current, parseCurrent } from '../release/current.js';
import { EventsInvalid } from '../release/events.js';
import type { Checked, CheckedService, Mend } from '../report/preview/checked.js';
import { createBrought } from './brought.js';
import { gatesOfChange } from './check-gates.js';
import { type Change, type ChangeOptions, nameOf, type ReadPlans, readPlans } from './check-plans.js';
import { stillThere } from './gate-facts.js';
import { inBatches } from './pull-facts.js';

/** A service as it stands in the base and as the change leaves it; one of the two may be missing. */
export interface Pair {
  readonly source: string;
  readonly before: PlanOfFile | null;
  readonly after: PlanOfFile | null;
  /** The base has a plan there that cannot be read. */
  readonly isUnknown: boolean;
  /** An environment that is new and has no gate, while others of its plan have. */
  readonly isBare: boolean;
}

/** What a change means for every service whose plan it could touch. Runs nothing of it and expands no variable. */
export async function checkChange(
  options: ChangeOptions & { readonly pulls: readonly PullFacts[] },
): Promise<Checked> {
  const { ports, base, head } = options;
  const [plans, changed] = await Promise.all([
    readPlans(options),
    ports.github.facts.changed({ base, head }),
  ]);
  const now = ports.github.repository.serverTime();
  const change: Change = { ...options, changed, now, brought: createBrought(ports.github.facts) };
  const services: CheckedService[] = [];
  for (const pair of pairsOf(plans)) services.push(await checkService(change, pair));
  return { head, services, broken: plans.broken, left: plans.left };
}

/** What a change means for its base, with what it loosens against the default branch. */
export function alsoAgainst(own: Checked, other: Checked): Checked {
  const known = new Set(mendsOf(own).map(({ lines }) => lines.join('\n')));
  const more = mendsOf(other).filter(
    ({ reason, lines }) => reason === 'plan-loosened' && !known.has(lines.join('\n')),
  );
  return {
    ...own,
    broken: [
      ...own.broken,
      ...more.map((mend) => ({ ...mend, lines: [...mend.lines, 'compared with the default branch'] })),
    ],
  };
}

function mendsOf({ broken, services }: Checked): readonly Mend[] {
  return [...broken, ...services.flatMap(({ mends }) => mends)];
}

function pairsOf({ files }: ReadPlans): readonly Pair[] {
  return files.flatMap(({ source, before, after, isUnknown }) => {
    const names = [...(before ?? []), ...(after ?? [])].map(nameOf);
    const areOthersGated = (after ?? []).some(isGated);
    return [...new Set(names)].map((name) => {
      const was = before?.find((one) => nameOf(one) === name) ?? null;
      const is = after?.find((one) => nameOf(one) === name) ?? null;
      const isBare = was === null && is !== null && !isGated(is) && areOthersGated;
      return { source, isUnknown, isBare, before: was, after: is };
    });
  });
}

function isGated({ plan }: PlanOfFile): boolean {
  const { promotedIn, window, approvals, blockers, documents, requires } = plan;
  const lists = [approvals, blockers.labels, documents, requires.checks];
  return promotedIn !== null || window !== null || lists.some(({ length }) => length > 0);
}

async function checkService(change: Change, pair: Pair): Promise<CheckedService> {
  const { before, after, source, isUnknown, isBare } = pair;
  const plan = (after ?? before)?.plan;
  if (plan === undefined) throw new Error('a pair without a plan');
  const changes = before && after ? planChanges(before.written, after.written) : [];
  const touches = plan.paths.length === 0 || change.changed.some(pathMatcher(plan.paths));
  const isAffected = touches || changes.length > 0 || before === null || after === null;
  const about = { source, service: plan.service, environment: plan.environment, isAffected, changes };
  const none = {
    loosened: [],
    agreedBy: null,
    mends: [],
    gates: [],
    later: [],
    added: [],
    lastPromoted: null,
  };
  const rest = {
    plan: after?.plan ?? null,
    isNew: before === null && !isUnknown,
    isBare,
    irreversible: [],
    now: change.now,
  };
  if (!isAffected) return { ...about, ...none, ...rest };
  // Nobody knows whom a plan named that cannot be read: a person of the repository agrees to the new one.
  const gating = before?.plan ?? plan;
  const asking = isUnknown ? { ...gating, approvals: [], overrides: null } : gating;
  const people = await peopleOf(change, gating);
  const ledger = await ledgerOf(change, plan);
  const less = before
    ? lessThanBefore(before.plan, after?.plan ?? null, change.now)
    : isUnknown
      ? ['the plan in the base cannot be read: what it asked for is not known']
      : [];
  const agreement = less.length === 0 ? null : await agreementTo(change, { source, gating: asking, people });
  const isAgreed = agreement === null || agreement.by !== null;
  const found =
    after === null ? { gates: [], later: [] } : await gatesOfChange(change, { gating, ledger, people });
  return {
    ...about,
    ...rest,
    ...found,
    added: before && after ? tightened(before.plan, after.plan, change.now) : [],
    loosened: less,
    agreedBy: agreement?.by ?? null,
    mends: [
      ...(isAgreed ? [] : [loosenedMend(source, less, agreement?.who ?? '')]),
      ...(after === null ? [] : await documentsMend(change, gating, ledger)),
    ],
    lastPromoted: ledger !== 'unknown' ? (ledger?.last_promoted ?? null) : null,
    irreversible: change.changed.filter(pathMatcher(plan.rollback.irreversibleWhen)),
  };
}

function lessThanBefore(before: Plan, after: Plan | null, now: number): readonly string[] {
  if (after !== null) return loosened(before, after, now);
  return [`${before.service} has no plan for ${before.environment} any more, and so no gates`];
}

/** Of several pull requests those must agree that touch the plan; of a group in which none was found, nobody did. */
async function agreementTo(
  { pulls, ports, base }: Change,
  { source, gating, people }: { readonly source: string; readonly gating: Plan; readonly people: People },
): Promise<Agreement> {
  const touching = await inBatches(pulls, async (one) =>
    pulls.length === 1 || (await ports.github.facts.changed({ base, head: one.pull.head })).includes(source)
      ? [one]
      : [],
  );
  const asked = touching.flat().length > 0 ? touching.flat() : pulls;
  const agreements = asked.map((one) => agreementOf(gating, one, people));
  const refused = agreements.find(({ by }) => by === null);
  if (refused !== undefined) return refused;
  const [first] = agreements;
  if (first === undefined)
    return {
      by: null,
      who: 'an agreement, and no pull request of this merge group was found to look for it',
    };
  return { ...first, by: [...new Set(agreements.map(({ by }) => by))].join(', ') };
}

function loosenedMend(source: string, less: readonly string[], who: string): Mend {
  const first = `${source} asks for less than before; it takes ${who}, or the gates back`;
  return {
    reason: 'plan-loosened',
    lines: [first, ...less],
    annotations: [
      { path: source, line: 1, level: 'failure', title: 'A gate is loosened', message: less.join('\n') },
    ],
  };
}

/** Only what this change touches asks for documents; they may have come since the last promotion as well. */
async function documentsMend(
  change: Change,
  gating: Plan,
  ledger: Current | null | 'unknown',
): Promise<readonly Mend[]> {
  if (gating.documents.length === 0) return [];
  const { head } = change;
  const { facts } = change.ports.github;
  const base = ledger === 'unknown' ? null : (ledger?.last_promoted?.sha ?? null);
  const since = base === null ? [] : await facts.changed({ base, head }).catch(() => []);
  const { state, text, evidence, annotations } = judgeDocuments(gating.documents, {
    changed: change.changed,
    documented: await stillThere(facts, { paths: [...change.changed, ...since], head }),
    since: change.base.slice(0, 40),
  });
  return state === 'open' ? [] : [{ reason: 'documents-missing', lines: [text, ...evidence], annotations }];
}

async function peopleOf({ ports }: Change, gating: Plan): Promise<People> {
  const teams = teamsIn([...gating.approvals.flatMap(({ from }) => from), ...(gating.overrides?.from ?? [])]);
  const { facts } = ports.github;
  return new Map(
    await Promise.all(teams.map(async (team) => [team, await facts.team(team).catch(() => null)] as const)),
  );
}

/** null: nothing was ever released there. */
async function ledgerOf(
  { ports }: Change,
  { service, environment }: Plan,
): Promise<Current | null | 'unknown'> {
  const { current } = await ports.github.facts.ledger({ service, environment });
  try {
    return current === null ? null : parseCurrent(current, service, environment);
  } catch (error) {
    if (error instanceof EventsInvalid) return 'unknown';
    throw error;
  }
}
