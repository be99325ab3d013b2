import type { Asked } from './asked.js';
import { underDefaultBranch } from './default-branch.js';
import { endOf, linksOf, runUrl } from './ends.js';
import { finish } from './finish.js';
import type { Inputs } from './inputs.js';
import type { RunRef, Started } from './release/events.js';
import { Journal, type JournalOptions, type ReleaseRecord, readRecord } from './release/journal.js';
import { asProblem, ReleaseProblem } from './release/problem.js';
import { REASONS } from './release/reasons.js';
import { SAMPLES_FILE } from './release/samples.js';
import { LedgerSession } from './release/session.js';
import type { ReleaseState } from './release/state.js';
import { evidenceBlock } from './report/markdown.js';
import { pagesOf } from './report/pages.js';
import { narrate } from './report/terminal.js';
import { type Conclusion, conduct, interrupted } from './stages/conduct.js';
import type { Ports, ReleaseContext } from './stages/context.js';
import { considerRelease, type Opening, openRelease } from './stages/open.js';
import { checkName, publishStage } from './stages/publish.js';
import { type About, recover } from './stages/recover.js';
import type { ReleaseRequest } from './stages/request.js';
import { stopIfAsked } from './stages/stop.js';
import { overtakenBy, Turn } from './stages/turn.js';
import type { World } from './world.js';

export type { Asked };

/** One release from the first look at the ledger to its end. Returns the exit code. */
export async function release(world: World, given: Asked): Promise<number> {
  const first = portsOf(world, given);
  let asked: Asked;
  try {
    asked = await underDefaultBranch(world, given, first);
  } catch (error) {
    return blocked(world, given, first, asProblem(error));
  }
  return attempt(world, asked, asked === given ? first : portsOf(world, asked));
}

async function attempt(world: World, asked: Asked, ports: Ports): Promise<number> {
  const { request } = asked;
  const about = { plan: request.plan, request, ledger: ports.github.ledger.url, dryRun: asked.inputs.dryRun };
  let state: ReleaseState | null = null;
  try {
    const outcome = await carryOut(world, asked, ports);
    state = outcome.state;
    if (!outcome.conclusion) return leaveToPost(ports);
    // Under a lost lease another run moves the traffic: post must not even lower it.
    const isOthers = outcome.conclusion.reason === 'lease-lost';
    if (outcome.written || isOthers) world.saved.write('ended', 'true');
    return await finish(
      world,
      endOf(world, outcome.conclusion, { ...about, ...outcome }),
      {
        ports: outcome.ports ?? ports,
        plan: request.plan,
      },
      asked.inputs,
    );
  } catch (error) {
    const problem = asProblem(error);
    // Under a lost lease another run moves the traffic: post must not even lower it.
    if (problem.reason === 'lease-lost') world.saved.write('ended', 'true');
    return blocked(world, asked, ports, problem, state);
  }
}

function blocked(
  world: World,
  { request, inputs }: Asked,
  ports: Ports,
  problem: ReleaseProblem,
  state: ReleaseState | null = null,
): Promise<number> {
  const { plan } = request;
  const conclusion = { decision: 'blocked', reason: problem.reason, summary: problem.message } as const;
  if (!inputs.dryRun) publishBlocked(world, request, ports, problem);
  const about = { plan, request, ledger: ports.github.ledger.url, dryRun: inputs.dryRun, state };
  return finish(world, endOf(world, conclusion, about), { ports, plan });
}

function portsOf(world: World, asked: Asked): Ports {
  const { plan, release, sha, version } = asked.request;
  return world.ports({ ...asked, plan, release, sha, version });
}

export interface Outcome {
  readonly conclusion: Conclusion;
  readonly state: ReleaseState | null;
  readonly notes: readonly string[];
  /** False while the end is known here and not yet in the ledger. */
  readonly written: boolean;
  /** Those of a release that this run only went on with. */
  readonly ports?: Ports;
}

async function carryOut(world: World, asked: Asked, ports: Ports): Promise<Outcome> {
  const { request, inputs } = asked;
  const startsAnew = request.overrides.includes('ledger');
  const session = await LedgerSession.open({ ...sessionOptions(world, asked, ports), startsAnew });
  const { signal } = world;
  const turn = new Turn({ request, session, ports, signal, dryRun: inputs.dryRun });
  const opened = await open(world, asked, { ports, session, turn });
  if ('written' in opened) return opened;
  const { journal, opening } = opened;
  ports.github.deployments.report('in_progress', `${request.version} is on its way`);
  const context = contextOf(world, asked, ports, journal);
  publishStage(context.release, 'plan');
  try {
    const conclusion = await conduct(context.release);
    return { conclusion, state: journal.state, notes: opening.notes, written: journal.settled };
  } finally {
    context.stop();
  }
}

/** From the wait for its turn to the first write of its own record; an outcome when there is nothing to open. */
async function open(
  world: World,
  asked: Asked,
  at: { readonly ports: Ports; readonly session: LedgerSession; readonly turn: Turn },
): Promise<Outcome | { readonly journal: Journal; readonly opening: Extract<Opening, { kind: 'go' }> }> {
  const { ports, session, turn } = at;
  const { request, inputs } = asked;
  const { env, signal } = world;
  for (;;) {
    await turn.come();
    if (!inputs.dryRun) {
      const own = await ownParked(session, request);
      if (own) return goOn(world, asked, session, own);
      const shared = { plan: request.plan, ports, env, workspace: asked.workspace, signal };
      await recoverFirst(world, asked, shared, session);
    }
    const overtaken = turn.hasWaited ? await overtakenBy(request, session, ports) : null;
    if (overtaken) return nothingToDo(asked, ports, { reason: 'superseded', summary: overtaken });
    const opening = await considerRelease({ request, session, ports, env, signal });
    if (opening.kind === 'nothing-to-do') return nothingToDo(asked, ports, opening);
    if (inputs.dryRun) return dryRun(request, session, opening);
    if (opening.kind === 'waiting') return waiting(world, asked, ports, opening);
    stopIfAsked(signal);
    try {
      const record = journalOptions(world, asked, ports, session);
      return { journal: await openRelease({ ...record, opening, ports }), opening };
    } catch (error) {
      if (!(await turn.again(asProblem(error)))) throw error;
    }
  }
}

/** The parked release that this run asks for again: the same commit, version and plan, and its time is not over. */
async function ownParked(session: LedgerSession, request: ReleaseRequest): Promise<ReleaseRecord | null> {
  const { release, parked } = session.current;
  if (release === null || !parked || Date.parse(parked.until) <= session.now()) return null;
  const left = await readRecord(session, release);
  const { sha, version, plan } = left.state.started;
  const isSame = sha === request.sha && version === request.version && plan.digest === request.digest;
  return isSame && left.state.parked ? left : null;
}

/** Takes a parked release over and goes on with it: everything about it comes from the ledger, but for the plan. */
export async function goOn(
  world: World,
  asked: Asked,
  session: LedgerSession,
  left: ReleaseRecord,
): Promise<Outcome> {
  const { started, parked } = left.state;
  const { release, version, sha } = started;
  const own = { ...asked, request: { ...asked.request, release, version, sha } };
  const ports = world.ports({ ...own, plan: asked.request.plan, release, version, sha, adopts: true });
  const samples = await session.readFile(`${release}/${SAMPLES_FILE}`);
  const kept = samples === null ? {} : { [SAMPLES_FILE]: samples };
  const journal = await Journal.takeOver(journalOptions(world, own, ports, session), left, kept);
  const context = contextOf(world, own, ports, journal);
  try {
    const conclusion = await conduct({ ...context.release, ...(parked ? { parked } : {}) });
    return { conclusion, state: journal.state, notes: [], written: journal.settled, ports };
  } finally {
    context.stop();
  }
}

/** The release's own signal joins the runner's with a lost lease and a ledger that is away for too long. */
function contextOf(
  world: World,
  asked: Asked,
  ports: Ports,
  journal: Journal,
): { release: ReleaseContext; stop: () => void } {
  const { session } = journal;
  const stopped = new AbortController();
  const trouble = new AbortController();
  const signal = AbortSignal.any([world.signal, trouble.signal, session.stopRequested]);
  session.lost.addEventListener('abort', () => {
    trouble.abort(new ReleaseProblem('lease-lost', REASONS['lease-lost'].why, { verdict: 'errored' }));
  });
  void journal.keepAlive(stopped.signal, (problem) => trouble.abort(problem));
  return {
    release: {
      plan: asked.request.plan,
      journal,
      ports,
      signal,
      env: world.env,
      workspace: asked.workspace,
      links: linksOf(world, ports.github.ledger.url, asked.request.release),
    },
    stop: () => stopped.abort(),
  };
}

async function recoverFirst(
  world: World,
  asked: Asked,
  shared: Omit<ReleaseContext, 'journal' | 'links'>,
  session: LedgerSession,
): Promise<void> {
  if (session.current.release === null) return;
  const { ports, ...rest } = shared;
  await recover(rest, {
    session,
    causeOf: (left) => causeOf(left, asked.request.sha, ports),
    about: (started) => aboutLeft(world, asked, session, started),
  });
}

/** The checks, the deployment and the record of a release that an earlier run left. */
export function aboutLeft(world: World, asked: Asked, session: LedgerSession, started: Started): About {
  const { release, sha } = started;
  const ports = world.ports({ ...asked, plan: asked.request.plan, release, sha, adopts: true });
  return {
    ports,
    links: linksOf(world, ports.github.ledger.url, release),
    record: journalOptions(world, asked, ports, session),
  };
}

/**
 * A lost release whose change this one brings through its gates anew is only replaced: a rollback commit would take
 * out of git what is about to be in service.
 */
async function causeOf(left: ReleaseState, released: string, ports: Ports): Promise<ReleaseProblem> {
  const { sha, kind, version } = left.started;
  const lost = causeOfLost(left);
  if (kind === 'rollback') return lost;
  // What waits on purpose has done nothing wrong: it only makes room.
  if (left.parked)
    return new ReleaseProblem(
      'superseded',
      `${version} was parked, and ${released.slice(0, 7)} takes its place`,
    );
  const comparison = await ports.github.repository.compare(sha, released).catch(() => null);
  const contained = comparison?.status === 'ahead' || comparison?.status === 'identical';
  return contained
    ? new ReleaseProblem('superseded', `${lost.message}. ${released.slice(0, 7)} takes its place`)
    : lost;
}

/** Why a release that a lost run left goes back. What a person asked back stays asked back. */
export function causeOfLost({ started, parked }: ReleaseState): ReleaseProblem {
  const { kind, actor, reason, run } = started;
  if (parked)
    return new ReleaseProblem(
      'park-expired',
      `it was parked until ${parked.until}, and nobody took it further`,
    );
  if (kind !== 'rollback') return interrupted(run);
  return new ReleaseProblem('rollback-asked', `${actor} asked for it: ${reason ?? ''}`);
}

export function openSession(
  world: World,
  asked: Pick<Asked, 'request' | 'owner' | 'inputs'>,
  ports: Ports,
): Promise<LedgerSession> {
  return LedgerSession.open(sessionOptions(world, asked, ports));
}

export function sessionOptions(
  world: World,
  asked: Pick<Asked, 'request' | 'owner' | 'inputs'>,
  ports: Ports,
) {
  return {
    store: ports.github.ledger,
    clock: ports.clock,
    serverTime: () => ports.github.repository.serverTime(),
    service: asked.request.plan.service,
    environment: asked.request.plan.environment,
    owner: asked.owner,
    run: runRef(world, asked.inputs),
  };
}

export function journalOptions(
  world: World,
  asked: Pick<Asked, 'request' | 'owner'>,
  ports: Ports,
  session: LedgerSession,
): JournalOptions {
  const { request, owner } = asked;
  return {
    session,
    redactor: ports.redactor,
    pages: (state, current) =>
      pagesOf(state, current, linksOf(world, ports.github.ledger.url, state.started.release)),
    tell: (event) => ports.log.info(narrate(event)),
    remember: (events, { started, isOver }) => {
      const { release, version, sha } = started;
      if (isOver) return nothingLeft(world, release);
      world.memory.write(
        JSON.stringify({
          plan: request.plan,
          owner,
          request: { release, version, sha },
          events,
          session: session.snapshot(),
          checks: ports.github.checks.ids(),
          deployment: ports.github.deployments.id(),
        }),
      );
      world.saved.write('release', release);
    },
  };
}

/** For post, also when the release was another one, which this step brought to safety. */
function nothingLeft(world: World, release: string): void {
  world.saved.write('release', '');
  try {
    world.memory.write(JSON.stringify({ over: release }));
  } catch {
    // It matters only to a post that comes twice, and that one still has the ledger to ask.
  }
}

function runRef(world: World, inputs: Inputs): RunRef {
  return {
    id: world.env.GITHUB_RUN_ID ?? '',
    attempt: world.env.GITHUB_RUN_ATTEMPT ?? '',
    job: inputs.jobId,
    url: inputs.jobId ? `${runUrl(world)}/job/${inputs.jobId}` : runUrl(world),
  };
}

function nothingToDo(
  asked: Asked,
  ports: Ports,
  opening: Pick<Extract<Opening, { kind: 'nothing-to-do' }>, 'reason' | 'summary'>,
): Outcome {
  const { reason, summary } = opening;
  if (!asked.inputs.dryRun) {
    ports.github.checks.report({
      name: checkName(asked.request.plan, 'plan'),
      status: 'completed',
      conclusion: 'success',
      title: `Nothing to do: ${summary}`,
      summary: `${REASONS[reason].why} ${REASONS[reason].remedy}`,
    });
  }
  return {
    conclusion: { decision: 'nothing-to-do', reason, summary },
    state: null,
    notes: [],
    written: true,
  };
}

/** Nothing is held and nothing recorded: whoever starts it again finds everything as it was. */
function waiting(
  world: World,
  asked: Asked,
  ports: Ports,
  { reason, summary }: Extract<Opening, { kind: 'waiting' }>,
): Outcome {
  const { why, remedy } = REASONS[reason];
  ports.github.checks.report({
    name: checkName(asked.request.plan, 'plan'),
    status: 'completed',
    conclusion: 'action_required',
    title: `Waiting: ${summary.split('\n').slice(0, 2).at(-1) ?? ''}`,
    summary: [evidenceBlock(summary.split('\n')), '', `${why} ${remedy}`, '', `Run: ${runUrl(world)}`].join(
      '\n',
    ),
  });
  return { conclusion: { decision: 'waiting', reason, summary }, state: null, notes: [], written: true };
}

function dryRun(
  request: ReleaseRequest,
  session: LedgerSession,
  opening: Extract<Opening, { kind: 'go' | 'waiting' }>,
): Outcome {
  if (opening.kind === 'waiting') {
    const summary = `${request.version} would wait. ${opening.summary}`;
    return {
      conclusion: { decision: 'passed', reason: 'dry-run', summary },
      state: null,
      notes: [],
      written: true,
    };
  }
  const { previous } = opening.started;
  const left = session.current.release;
  const summary = `${request.version} could be released${previous ? `, with ${previous.version} to go back to` : ''}${left ? `; first, the unfinished release ${left} would be brought to safety` : ''}`;
  return {
    conclusion: { decision: 'passed', reason: 'dry-run', summary },
    state: null,
    notes: opening.notes,
    written: true,
  };
}

/** A release that never opened still shows on its commit why. */
function publishBlocked(world: World, { plan }: ReleaseRequest, ports: Ports, problem: ReleaseProblem): void {
  const { why, remedy } = REASONS[problem.reason];
  ports.github.checks.report({
    name: checkName(plan, 'plan'),
    status: 'completed',
    conclusion: 'failure',
    title: `Blocked: ${problem.reason}`,
    summary: [
      evidenceBlock(problem.message.split('\n')),
      '',
      `${why} ${remedy}`,
      '',
      `Run: ${runUrl(world)}`,
    ].join('\n'),
    annotations: problem.annotations,
  });
}

/** The runner gives a cancelled step a few seconds; its post step has minutes, and goes on from here. */
function leaveToPost(ports: Ports): number {
  ports.log.warning('Not finished here. What was begun is taken back in the post step, which follows now.');
  return 1;
}
