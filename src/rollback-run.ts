import { endOf, linksOf } from './ends.js';
import { finish } from './finish.js';
import { newReleaseId } from './release/ids.js';
import { Journal } from './release/journal.js';
import { asProblem, ReleaseProblem } from './release/problem.js';
import type { LedgerSession } from './release/session.js';
import type { ReleaseState } from './release/state.js';
import { type Asked, aboutLeft, journalOptions, openSession } from './release-run.js';
import { askToStop } from './stages/ask-to-stop.js';
import { openByHand, releaseAfter, type Target, targetOf } from './stages/by-hand.js';
import { backByHand, type Conclusion } from './stages/conduct.js';
import type { Ports } from './stages/context.js';
import { type DataWanted, dataWanted } from './stages/data-wanted.js';
import { mayOverride } from './stages/gates.js';
import { mustBeFree } from './stages/holder.js';
import { ledgerMustBeThere } from './stages/ledger-there.js';
import { lookAtLeft, recover } from './stages/recover.js';
import { lostWrites } from './stages/restore-data.js';
import type { World } from './world.js';

/**
 * A rollback by hand: stops the release in flight and takes it back, or takes back what was promoted last. The same
 * path as a release that failed: traffic, script, commit, checks, deployment, incident. Returns the exit code.
 */
export async function rollback(world: World, asked: Asked): Promise<number> {
  const { plan } = asked.request;
  const ports = world.ports({ ...asked, plan, release: asked.request.release, sha: asked.request.sha });
  const ledger = ports.github.ledger.url;
  try {
    const session = await openSession(world, asked, ports);
    await ledgerMustBeThere({ ...asked, session, ports });
    refuseDataInFlight(asked, session);
    if (asked.inputs.dryRun) return await onlySay(world, asked, ports, session);
    const done =
      (await stopInFlight(world, asked, ports, session)) ?? (await takeBack(world, asked, ports, session));
    if (!done) return 1;
    // Under a lost lease another run moves the traffic: post must not even lower it.
    if (done.conclusion.reason === 'lease-lost') world.saved.write('ended', 'true');
    const request = {
      release: done.state.started.release,
      version: done.state.started.version,
      sha: done.state.started.sha,
    };
    return await finish(world, endOf(world, done.conclusion, { plan, request, state: done.state, ledger }), {
      ports: done.ports,
      plan,
    });
  } catch (error) {
    const problem = asProblem(error);
    // Under a lost lease another run moves the traffic: post must not even lower it.
    if (problem.reason === 'lease-lost') world.saved.write('ended', 'true');
    const conclusion = { decision: 'blocked', reason: problem.reason, summary: problem.message } as const;
    return finish(world, endOf(world, conclusion, { plan, request: asked.request, state: null, ledger }), {
      ports,
      plan,
    });
  }
}

/** What a release in flight did to the data is known only when it has ended. */
function refuseDataInFlight({ inputs }: Asked, { current }: LedgerSession): void {
  if (inputs.data !== 'restore' || current.release === null) return;
  throw new ReleaseProblem(
    'restore-impossible',
    `the release ${current.release} is in flight; roll it back without \`data: restore\` first, then restore what it spoiled by the commands of its report`,
  );
}

/** Dry run: from where to where, by the same record, and nothing else. */
async function onlySay(world: World, asked: Asked, ports: Ports, session: LedgerSession): Promise<number> {
  const { request } = asked;
  const { plan } = request;
  const left = await lookAtLeft({ plan, env: world.env }, { session, ports });
  const summary = left
    ? `the ${left.started.kind} ${left.started.release} in flight would be ${left.started.kind === 'rollback' ? 'brought to its end' : 'stopped and taken back'}`
    : await describe(world, asked, ports, session);
  const conclusion = { decision: 'passed', reason: 'dry-run', summary } as const;
  const about = { plan, request, state: null, ledger: ports.github.ledger.url, dryRun: true };
  return finish(world, endOf(world, conclusion, about), { ports, plan });
}

async function describe(world: World, asked: Asked, ports: Ports, session: LedgerSession): Promise<string> {
  const { inputs } = asked;
  const target = targetOf(session.current, { version: inputs.version, sha: inputs.sha });
  const { bad, good } = target;
  const back = `${bad.version} (${bad.sha.slice(0, 7)}) would be taken back to ${good.version} (${good.sha.slice(0, 7)})`;
  const data = await dataAsked(world, asked, ports, { session, target });
  if (data === null) return back;
  return `${back}, with its data from ${named(data)}: ${lostWrites(data.backups, session.now())}`;
}

function named({ backups }: DataWanted): string {
  return backups.map(({ id, takenAt }) => `${id} of ${takenAt}`).join(', ');
}

/** Null when the data stays as it is. */
async function dataAsked(
  world: World,
  asked: Asked,
  ports: Ports,
  { session, target }: { readonly session: LedgerSession; readonly target: Target },
): Promise<DataWanted | null> {
  const { request, workspace, inputs } = asked;
  if (inputs.data === 'keep') return null;
  const permit = await mayOverride({ request, ports });
  if (permit !== null && permit.state !== 'open')
    throw new ReleaseProblem(permit.reason ?? 'override-refused', permit.text);
  const from = releaseAfter(session.current, target);
  return dataWanted(await recordOf(journalOptions(world, asked, ports, session), from), {
    plan: request.plan,
    backup: ports.backup,
    from,
    overrides: request.overrides,
    release: request.release,
    environment: request.plan.environment,
    workspace,
    env: {},
    signal: world.signal,
    onProgress: (line) => ports.log.info(line),
  });
}

interface Done {
  readonly conclusion: NonNullable<Conclusion>;
  readonly state: ReleaseState;
  readonly ports: Ports;
}

/** The release in flight, taken back by its own run or, when that does not answer, by this one. */
async function stopInFlight(
  world: World,
  asked: Asked,
  ports: Ports,
  session: LedgerSession,
): Promise<Done | null> {
  const { release } = session.current;
  if (release === null) return null;
  const { actor, reason, plan } = asked.request;
  const options = journalOptions(world, asked, ports, session);
  // A rollback under way is what is asked for; stopping it could only leave it half done.
  const flight = await Journal.reopen(options, release);
  if (flight.state.started.kind === 'rollback') await mustBeFree(session, ports);
  else await askToStop(session, ports, { by: actor, reason: reason ?? '', signal: world.signal });
  if (session.current.release !== release) return endedBy(options, release, ports);
  let used = ports;
  const recovered = await recover(
    { plan, env: world.env, workspace: asked.workspace, signal: world.signal },
    {
      session,
      causeOf: async () => new ReleaseProblem('rollback-asked', `${actor} asked for it: ${reason ?? ''}`),
      about: (started) => {
        const about = aboutLeft(world, asked, session, started);
        used = about.ports;
        return about;
      },
    },
  );
  if (!recovered) return null;
  return { conclusion: recovered.conclusion, state: recovered.journal.state, ports: used };
}

async function endedBy(
  options: ReturnType<typeof journalOptions>,
  release: string,
  ports: Ports,
): Promise<Done | null> {
  const { state } = await Journal.reopen(options, release);
  if (!state.ended || state.ended.decision === 'promoted') return null;
  const { decision, reason, summary } = state.ended;
  return { conclusion: { decision, reason, summary }, state, ports };
}

async function takeBack(
  world: World,
  asked: Asked,
  ports: Ports,
  session: LedgerSession,
): Promise<Done | null> {
  const { inputs } = asked;
  const target = targetOf(session.current, { version: inputs.version, sha: inputs.sha });
  const request = {
    ...asked.request,
    ...target.bad,
    release: newReleaseId(target.bad.sha, world.clock.now()),
  };
  const about = { ...asked, request };
  const own = world.ports({ ...about, plan: request.plan, release: request.release, sha: request.sha });
  const record = journalOptions(world, about, own, session);
  const data = await dataAsked(world, about, own, { session, target });
  if (data)
    own.log.warning(`The data goes back to ${named(data)}: ${lostWrites(data.backups, session.now())}.`);
  const irreversible = await irreversibleOf(record, target.bad.release, own);
  const journal = await openByHand({ ...record, request, target, irreversible, data });
  const done = new AbortController();
  void journal.keepAlive(done.signal, (problem) => own.log.warning(problem.message));
  const conclusion = await backByHand({
    plan: request.plan,
    journal,
    ports: own,
    signal: world.signal,
    env: world.env,
    workspace: asked.workspace,
    links: linksOf(world, ports.github.ledger.url, request.release),
  }).finally(() => done.abort());
  // Cancelled: the post step goes on.
  if (!conclusion) return null;
  return { conclusion, state: journal.state, ports: own };
}

/**
 * Why the release said that it cannot be taken back. current.json names both versions, so a record that cannot be
 * read holds up nobody who asks for a rollback in person; that it was not looked at is said.
 */
async function irreversibleOf(
  options: ReturnType<typeof journalOptions>,
  release: string,
  { log }: Ports,
): Promise<string | null> {
  try {
    return (await recordOf(options, release))?.started.irreversible ?? null;
  } catch (error) {
    log.warning(
      `The record of ${release} cannot be read (${asProblem(error).message}). Whether it is irreversible is unknown; it is taken back because a person asked for that.`,
    );
    return null;
  }
}

/** What a release said of itself; null when its record is not there to be asked. */
async function recordOf(
  options: ReturnType<typeof journalOptions>,
  release: string,
): Promise<ReleaseState | null> {
  if ((await options.session.readFile(`${release}/events.jsonl`)) === null) return null;
  return (await Journal.reopen(options, release)).state;
}
