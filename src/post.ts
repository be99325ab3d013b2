import { resolve } from 'node:path';
import { endOf, linksOf } from './ends.js';
import { finish } from './finish.js';
import { type Inputs, readInputs } from './inputs.js';
import type { Plan } from './plan/plan.js';
import { Journal } from './release/journal.js';
import { asProblem, ReleaseProblem } from './release/problem.js';
import { LedgerSession } from './release/session.js';
import { effectBegun } from './release/state.js';
import { journalOptions, sessionOptions } from './release-run.js';
import { back, block, interrupted, showEnd } from './stages/conduct.js';
import type { Ports, ReleaseContext } from './stages/context.js';
import type { ReleaseRequest } from './stages/request.js';
import { setWeight, trafficOf } from './stages/weight.js';
import type { World } from './world.js';

/** All that post does must end before the runner ends it; what is left is finished by the next acting run. */
const BUDGET_MS = 4 * 60_000;
/** GitHub being away must not cost post the time that the service needs. */
const UNREACHABLE_AFTER_MS = 60_000;

/** What main remembered of the release that it began. */
interface Remembered {
  readonly plan: Plan;
  readonly owner: string;
  readonly request: Pick<ReleaseRequest, 'release' | 'version' | 'sha'>;
  readonly events: string;
  readonly session: { readonly head: string | null; readonly current: string };
  readonly checks: Readonly<Record<string, number>>;
  readonly deployment: number | null;
}

/**
 * The story of the post step: if this step began a release and did not end it, take it back. It acts on what main
 * remembered and on the ledger, never on the job's status alone.
 */
export async function post(world: World): Promise<number> {
  const read = readInputs(world.env);
  const ended = await world.endLeftovers();
  if (ended > 0)
    world.log.warning(`${ended} processes of the interrupted step were still running and were ended.`);
  if (world.saved.read('release') === '' || world.saved.read('ended') === 'true') return 0;
  const main = remembered(world);
  if (main && 'over' in main) return 0;
  if (!main || !('inputs' in read)) return leaveToNext(world, 'what the step remembered of it is gone');
  try {
    return await takeBack(world, read.inputs, main);
  } catch (error) {
    return leaveToNext(world, asProblem(error).message);
  }
}

function remembered(world: World): Remembered | { readonly over: string } | null {
  try {
    return JSON.parse(world.memory.read() ?? 'null') as ReturnType<typeof remembered>;
  } catch {
    // Half a file cannot be: it was replaced as a whole. Something else wrote there.
    return null;
  }
}

/** Never silently: traffic may still be split. */
function leaveToNext(world: World, why: string): number {
  world.log.error(
    `The release ${world.saved.read('release')} was interrupted, and could not be taken back here: ${why}. Look at the traffic now. The next release of this service brings it to safety before its own work.`,
    'Gated Release: interrupted',
  );
  return 1;
}

async function takeBack(world: World, inputs: Inputs, main: Remembered): Promise<number> {
  const workspace = resolve(world.env.GITHUB_WORKSPACE ?? '.', inputs.workingDirectory);
  const known = { checks: main.checks, deployment: main.deployment };
  const ports = world.ports({
    inputs,
    plan: main.plan,
    ...main.request,
    workspace,
    known,
    adopts: true,
    unreachableAfterMs: UNREACHABLE_AFTER_MS,
  });
  const request = { ...main.request, plan: main.plan } as ReleaseRequest;
  const asked = { inputs, request, owner: main.owner };
  const budget = new AbortController();
  const { signal } = budget;
  void world.clock.sleep(BUDGET_MS).then(() => budget.abort());
  const shared = {
    plan: main.plan,
    ports,
    env: world.env,
    workspace,
    signal,
    links: linksOf(world, ports.github.ledger.url, request.release),
  };

  const offline = LedgerSession.resume(sessionOptions(world, asked, ports), main.session);
  const recalled = Journal.recall(journalOptions(world, asked, ports, offline), main.events);
  if (recalled.state.ended) return writeEndAgain(recalled, ports);
  await trafficFirst({ ...shared, journal: recalled });
  const journal = await reopened(world, asked, ports, recalled);
  if (journal === 'not ours') return 0;
  if (journal === 'unknown') {
    // Another run may act by now, but nobody is hurt by a canary without traffic.
    await lower({ ...shared, journal: recalled });
    return leaveToNext(world, 'GitHub does not answer, and the lease has run out');
  }
  const cause = causeOf(inputs, journal);
  const context = { ...shared, journal };
  const conclusion = effectBegun(journal.state)
    ? await back(context, cause, signal)
    : await block(context, cause);
  if (!conclusion) return leaveToNext(world, 'not all of it could be done in the time of this step');
  showEnd(context, conclusion);
  const about = { plan: main.plan, request, state: journal.state, ledger: ports.github.ledger.url };
  return finish(world, endOf(world, conclusion, about), { ports, plan: main.plan });
}

/** Main ended the release and could not record it: nothing is moved, only written. */
async function writeEndAgain(journal: Journal, ports: Ports): Promise<number> {
  try {
    await journal.writeEnd();
  } catch (error) {
    const problem = asProblem(error);
    if (problem.reason !== 'lease-lost')
      ports.log.error(`The end of the release could not be recorded: ${problem.message}`);
  }
  return 0;
}

/** Users come before the record: while the lease is surely ours, weight 0 does not wait for GitHub to answer. */
async function trafficFirst(context: ReleaseContext): Promise<void> {
  const { journal } = context;
  if (journal.session.heldUntil <= journal.session.now()) return;
  await lower(context);
}

async function lower(context: ReleaseContext): Promise<void> {
  const { journal, ports } = context;
  if (!journal.state.effects.traffic.begun) return;
  const driver = trafficOf(context, 'rollback', 'previous');
  if (!driver) return;
  try {
    await setWeight(driver, 0, context.signal);
    ports.log.info('Traffic is back on the version that was in service.');
  } catch (error) {
    ports.log.error(`${asProblem(error).message}; it is tried again.`);
  }
}

/** The journal as the ledger has it; what main remembered, when GitHub does not answer and the lease still holds. */
async function reopened(
  world: World,
  asked: Parameters<typeof sessionOptions>[1],
  ports: Ports,
  recalled: Journal,
): Promise<Journal | 'not ours' | 'unknown'> {
  const { release } = asked.request;
  try {
    const session = await LedgerSession.open(sessionOptions(world, asked, ports));
    const { current } = session;
    if (current.release !== release || current.lease?.owner !== asked.owner) {
      ports.log.info(
        `The release ${release} has ended, or another run has taken it over; there is nothing to do here.`,
      );
      return 'not ours';
    }
    return await Journal.reopen(journalOptions(world, asked, ports, session), release);
  } catch (error) {
    const problem = asProblem(error);
    ports.log.warning(
      `The ledger could not be read (${problem.message}); going on from what the step remembered.`,
    );
    return recalled.session.heldUntil > recalled.session.now() ? recalled : 'unknown';
  }
}

function causeOf(inputs: Inputs, journal: Journal): ReleaseProblem {
  const { failing, started } = journal.state;
  if (failing) return new ReleaseProblem(failing.reason, failing.summary);
  if (inputs.jobStatus === 'cancelled') return new ReleaseProblem('cancelled', 'the run was cancelled');
  return interrupted(started.run);
}
