import type { Asked } from './asked.js';
import { earlyEnd, endOf } from './ends.js';
import { finish } from './finish.js';
import type { LedgerStanding } from './github/contract.js';
import type { Inputs } from './inputs.js';
import { digestPlan } from './plan/digest.js';
import { formatProblems } from './plan/format.js';
import { parsePlan } from './plan/parse.js';
import type { Plan } from './plan/plan.js';
import { variablesOf } from './plan/variables.js';
import {
  MOST_NAMED,
  type PlanFile,
  plansOf,
  portsForReading,
  readLedgers,
  unknownLine,
  withoutLedger,
} from './plans-of.js';
import { runContext } from './prepare.js';
import { type Current, parseCurrent } from './release/current.js';
import type { Decision } from './release/decisions.js';
import { EventsInvalid } from './release/events.js';
import { newReleaseId } from './release/ids.js';
import { type ReleaseRecord, readRecord } from './release/journal.js';
import { asProblem, ReleaseProblem } from './release/problem.js';
import type { ReasonCode } from './release/reasons.js';
import type { LedgerSession } from './release/session.js';
import type { ReleaseState } from './release/state.js';
import { aboutLeft, causeOfLost, goOn, openSession } from './release-run.js';
import type { ReleaseEnd } from './report/end.js';
import type { Ports } from './stages/context.js';
import { heldBy, holderOf } from './stages/holder.js';
import { recover } from './stages/recover.js';
import type { World } from './world.js';

/** How it went with one service. */
interface Resumed {
  readonly name: string;
  readonly decision: Decision;
  readonly reason: ReasonCode;
  readonly summary: string;
  readonly told: { readonly end: ReleaseEnd; readonly ports: Ports; readonly plan: Plan } | null;
}

/** What must not be overlooked comes first. */
const GRAVEST_FIRST: readonly Decision[] = [
  'rollback-failed',
  'halted',
  'blocked',
  'rollback-pending',
  'rolled-back',
  'paused',
  'promoted',
  'nothing-to-do',
];

/**
 * Brings to safety what dead runs have left unfinished, for all plans that `plan` names. One request when nothing is
 * left. Returns the exit code of the gravest end.
 */
export async function resume(world: World, inputs: Inputs, owner: string): Promise<number> {
  const reading = portsForReading(world, inputs);
  const plans = plansOf(world, inputs);
  if (plans.length === 0) {
    const problem = `input plan: no file matches \`${inputs.plan}\`, so that nothing could be brought to safety`;
    throw new ReleaseProblem('input-invalid', problem);
  }
  const ledgers = await readLedgers(reading);
  const open = ledgers.filter(isOpen);
  const mine = open.filter((one) => isMine(one, inputs, plans));
  const ended: Resumed[] = [];
  // One after the other: post remembers one release, and a cancel must find it.
  for (const ledger of mine) {
    const now = reading.github.repository.serverTime();
    ended.push(await resumeOne(world, { inputs, owner, plans, ledger, now }));
  }
  const broken = plans.filter(({ problems }) => problems.length > 0).map(unreadable);
  return tell(world, inputs, {
    ended: [...ended, ...broken],
    unseen: open.filter((one) => !mine.includes(one)),
    unknown: withoutLedger(inputs, { plans, ledgers }),
  });
}

/** A plan that cannot be read may be the one that a lost release needs. */
function unreadable({ path, problems }: PlanFile): Resumed {
  const summary = formatProblems(problems, path);
  return { name: path, decision: 'blocked', reason: 'plan-invalid', summary, told: null };
}

/** A file that does not even say its service may be the plan of any that no other file names. */
function isMine(
  { service, environment }: LedgerStanding,
  inputs: Inputs,
  plans: readonly PlanFile[],
): boolean {
  if (inputs.environment !== null && environment !== inputs.environment) return false;
  return plans.some((plan) => plan.service === service || plan.service === null);
}

/** Whether something is under way there; a ledger that cannot be read is told of, and never taken for empty. */
function isOpen({ current, service, environment }: LedgerStanding): boolean {
  try {
    return parseCurrent(current ?? '', service, environment).release !== null;
  } catch (error) {
    if (!(error instanceof EventsInvalid)) throw error;
    return true;
  }
}

interface One {
  readonly inputs: Inputs;
  readonly owner: string;
  readonly plans: readonly PlanFile[];
  readonly ledger: LedgerStanding;
  /** By GitHub's clock, as all times in the ledger; in milliseconds since 1970. */
  readonly now: number;
}

async function resumeOne(world: World, one: One): Promise<Resumed> {
  const name = `${one.ledger.service}/${one.ledger.environment}`;
  try {
    return { name, ...(await bringToSafety(world, one, planFor(one))) };
  } catch (error) {
    const { reason, message } = asProblem(error);
    return { name, decision: 'blocked', reason, summary: message, told: null };
  }
}

/** Throws `cannot-recover` when the plan of that service has no such environment, or cannot be read. */
function planFor({ plans, ledger: { service, environment } }: One): Plan {
  const files = plans.filter((one) => one.service === service || one.service === null);
  const read = files.map((file) => ({ file, ...file.forEnvironment(environment) }));
  const found = read.find((one) => 'plan' in one && one.plan.service === service);
  if (found && 'plan' in found) return found.plan;
  const problems = read.flatMap((one) =>
    'problems' in one ? [formatProblems(one.problems, one.file.path)] : [],
  );
  throw new ReleaseProblem(
    'cannot-recover',
    `the plan of ${service} for ${environment} cannot be read: ${problems.join('; ')}`,
  );
}

async function bringToSafety(
  world: World,
  { inputs, owner, ledger, now }: One,
  plan: Plan,
): Promise<Omit<Resumed, 'name'>> {
  const early = notYetDue(world, ledger, now);
  if (early !== null) return { ...NOTHING, summary: early };
  const run = runContext(world);
  const request = {
    plan,
    digest: digestPlan(plan),
    release: newReleaseId(run.sha, world.clock.now()),
    ...{ version: '', sha: run.sha, branch: null, commitMessage: '' },
    ...{ actor: run.actor, trigger: run.event, reason: inputs.reason, overrides: [] },
  };
  const workspace = workspaceOf(world, inputs);
  const asked = { inputs, owner, request, workspace };
  const ports = world.ports({ inputs, plan, workspace, release: request.release, sha: run.sha });
  const session = await openSession(world, asked, ports);
  const holder = await holderOf(session, ports);
  if (holder) return { ...NOTHING, summary: heldBy(session, holder) };
  const parked = await parkedHere(session);
  const under = parked && (await planOf(asked, ports, parked));
  if (parked && under) return goesOn(world, { ...asked, request: { ...request, ...under } }, session, parked);
  let used = ports;
  const recovered = await recover(
    { plan, env: world.env, workspace, signal: world.signal },
    {
      session,
      causeOf: async (left) => causeOfEnd(left, session.now()),
      about: (started) => {
        const about = aboutLeft(world, asked, session, started);
        used = about.ports;
        return about;
      },
    },
  );
  // Its own run, or another one, was faster.
  if (!recovered) return { ...NOTHING, summary: `nothing is under way any more: ${ledger.url}` };
  const { conclusion, journal } = recovered;
  const { release, version, sha } = journal.state.started;
  const about = { plan, request: { release, version, sha }, state: journal.state, ledger: ledger.url };
  return { ...conclusion, told: { end: endOf(world, conclusion, about), ports: used, plan } };
}

/** A look that comes too soon finds no more than the one before; a person who dispatches it wants one. */
function notYetDue(
  world: World,
  { current, service, environment }: LedgerStanding,
  now: number,
): string | null {
  const { parked, release } = readable(current, service, environment);
  if (!parked || Date.parse(parked.resume_at) <= now) return null;
  if (runContext(world).event === 'workflow_dispatch') return null;
  return `${release} is parked, and its next look is due at ${parked.resume_at}`;
}

function readable(current: string | null, service: string, environment: string): Current {
  try {
    return parseCurrent(current ?? '', service, environment);
  } catch (error) {
    if (!(error instanceof EventsInvalid)) throw error;
    throw new ReleaseProblem('ledger-invalid', error.message, { cause: error });
  }
}

/** The parked release whose time is not over. */
async function parkedHere(session: LedgerSession): Promise<ReleaseRecord | null> {
  const { release, parked } = session.current;
  if (release === null || !parked || Date.parse(parked.until) <= session.now()) return null;
  const left = await readRecord(session, release);
  return left.state.parked ? left : null;
}

/**
 * The plan under which the release began: this run's, else the file at the release's own commit, if that is part of
 * this run's history. Null when neither is the same: then the release is only brought to safety.
 */
async function planOf(
  { request, inputs }: Asked,
  ports: Ports,
  { state: { started } }: ReleaseRecord,
): Promise<{ readonly plan: Plan; readonly digest: string } | null> {
  if (request.digest === started.plan.digest) return request;
  const comparison = await ports.github.repository.compare(started.sha, request.sha);
  if (comparison?.status !== 'ahead' && comparison?.status !== 'identical') return null;
  const { source } = started.plan;
  const text = await ports.github.facts.text({ commit: started.sha, path: source });
  if (text === null) return null;
  const { service, environment } = started;
  const read = parsePlan({ text, source, environment, overrides: inputs, defaultService: service });
  if (!('plan' in read) || digestPlan(read.plan) !== started.plan.digest) return null;
  return { plan: read.plan, digest: started.plan.digest };
}

async function goesOn(
  world: World,
  asked: Asked,
  session: LedgerSession,
  parked: ReleaseRecord,
): Promise<Omit<Resumed, 'name'>> {
  const { plan } = asked.request;
  const missing = variablesOf(plan).filter((name) => !world.env[name]);
  if (missing.length > 0) {
    const names = missing.map((name) => `\`${name}\``).join(', ');
    throw new ReleaseProblem(
      'cannot-recover',
      `the parked release ${parked.state.started.release} needs ${names}, which this run does not have`,
    );
  }
  const { conclusion, state, ports } = await goOn(world, asked, session, parked);
  // Under a lost lease another run moves the traffic: post must not even lower it.
  if (conclusion?.reason === 'lease-lost') world.saved.write('release', '');
  if (!conclusion || !ports)
    throw new ReleaseProblem('interrupted', 'the parked release could not be finished here');
  const { release, version, sha } = parked.state.started;
  const about = { plan, request: { release, version, sha }, state, ledger: ports.github.ledger.url };
  return { ...conclusion, told: { end: endOf(world, conclusion, about), ports, plan } };
}

/** Why what is left goes back: a parked release whose time is not over does so because of its plan. */
function causeOfEnd(left: ReleaseState, now: number): ReleaseProblem {
  const { parked, started } = left;
  if (!parked || Date.parse(parked.until) <= now) return causeOfLost(left);
  return new ReleaseProblem(
    'plan-changed',
    `it began under another plan (${started.plan.source}, ${started.plan.digest.slice(0, 12)}), which this run does not have`,
  );
}

const NOTHING = { decision: 'nothing-to-do', reason: 'nothing-to-resume', told: null } as const;

/** The step's own end is that of the gravest; the others stand beside it. */
async function tell(
  world: World,
  inputs: Inputs,
  {
    ended,
    unseen,
    unknown,
  }: {
    readonly ended: readonly Resumed[];
    readonly unseen: readonly LedgerStanding[];
    readonly unknown: readonly string[];
  },
): Promise<number> {
  const lines = [
    ...ended.map(({ name, decision, summary }) => `${name}: ${decision}: ${summary}`),
    ...unseenLine(unseen),
    ...unknownLine(unknown),
  ];
  for (const line of lines) world.log.info(line);
  const [first, ...others] = ended.toSorted((a, b) => rank(a) - rank(b));
  if (!first || first.decision === 'nothing-to-do') {
    const summary = (first ? lines : ['no release is unfinished', ...lines]).join('; ');
    const end = {
      ...earlyEnd(world, new ReleaseProblem('nothing-to-resume', summary)),
      decision: 'nothing-to-do',
    };
    return finish(world, end as ReleaseEnd, null);
  }
  for (const { told } of others) if (told) await finish(world, told.end, told, inputs);
  if (first.told) return finish(world, { ...first.told.end, notes: lines }, first.told, inputs);
  return finish(
    world,
    { ...earlyEnd(world, new ReleaseProblem(first.reason, first.summary)), notes: lines },
    null,
  );
}

function unseenLine(unseen: readonly LedgerStanding[]): readonly string[] {
  if (unseen.length === 0) return [];
  const names = unseen.slice(0, MOST_NAMED).map(({ service, environment }) => `${service}/${environment}`);
  const more = unseen.length > MOST_NAMED ? ' and others' : '';
  return [
    `${unseen.length} open ${unseen.length === 1 ? 'ledger' : 'ledgers'} that this run is not for ${unseen.length === 1 ? 'was' : 'were'} not looked at: ${names.join(', ')}${more}`,
  ];
}

function rank({ decision }: Resumed): number {
  return GRAVEST_FIRST.indexOf(decision);
}

function workspaceOf(world: World, inputs: Inputs): string {
  const found = world.findDirectory(inputs.workingDirectory);
  if ('path' in found) return found.path;
  throw new ReleaseProblem('input-invalid', `input ${found.problem}`);
}
