import type { RollbackRequest } from '../../src/github/contract.js';
import { type Current, parseCurrent } from '../../src/release/current.js';
import { parseEvents } from '../../src/release/events.js';
import { apply, fold, type ReleaseState } from '../../src/release/state.js';
import type { Job } from './job.js';
import type { LedgerCommit } from './ledger-branch.js';
import { type Effect, MOVES } from './platform.js';
import type { Simulation } from './simulation.js';

export interface Violation {
  /** One sentence that should hold. */
  readonly rule: string;
  readonly found: string;
}

/**
 * Sees all that happens in a simulated world and holds it against the invariants of DESIGN §4, each at the moment
 * when it could be broken.
 */
export class Witness {
  readonly violations: Violation[] = [];
  readonly #sim: Simulation;
  readonly #states = new Map<string, ReleaseState>();
  /** Fence → its owner. */
  readonly #owners = new Map<number, string>();
  /** Fence → the expiry that its owner last wrote. */
  readonly #expiry = new Map<number, number>();
  readonly #running = new Set<Effect>();
  /** Releases of which a script moved something. */
  readonly #moved = new Set<string>();
  /** Rollbacks that began to swap the data. */
  readonly #swaps = new Set<string>();
  /** Fences whose lease was taken before it had run out: GitHub said that their job was over. */
  readonly #early = new Set<string>();
  /** The script that set the weight as it is. */
  #route: Effect | null = null;
  #current: Current | null = null;

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  report(rule: string, found: string): void {
    this.violations.push({ rule, found });
    this.#sim.timeline.add('WITNESS', `violated: ${rule}: ${found}`);
  }

  get current(): Current | null {
    return this.#current;
  }

  /** Each release that has a record, by its id. */
  get states(): ReadonlyMap<string, ReleaseState> {
    return this.#states;
  }

  ledgerWritten(commit: LedgerCommit, job: Job): void {
    const before = this.#current;
    const current = this.#parsed(() =>
      parseCurrent(commit.files['current.json'] ?? '', 'shop', 'production'),
    );
    if (!current) return;
    for (const path of commit.wrote) if (path.endsWith('/events.jsonl')) this.#eventsWritten(path, commit);
    if (before) this.#follows(before, current, job);
    if (current.parked && !before?.parked) this.#mustStandAs(current);
    if (current.lease) this.#owners.set(current.lease.fence, current.lease.owner);
    if (current.lease) this.#expiry.set(current.lease.fence, Date.parse(current.lease.expires));
    this.#current = current;
    if (current.release !== null && this.#states.get(current.release)?.ended)
      this.report('what is in flight has not ended', current.release);
  }

  script(what: 'begins' | 'moves' | 'ends', effect: Effect): void {
    if (!MOVES.has(effect.script)) return;
    if (what === 'ends') this.#running.delete(effect);
    if (what === 'moves') this.#moved.add(effect.env.RELEASE_ID ?? '');
    if (what === 'moves' && effect.script === 'route') this.#route = effect;
    if (what !== 'begins') return;
    this.#mustBeOpen(effect);
    this.#mustBeAlone(effect);
    if (isRaising(effect)) this.#mustBeWrittenAhead(effect);
    else if (!isLowering(effect)) this.#mayTakeBack(effect);
    this.#running.add(effect);
  }

  rollbackCommitted(request: RollbackRequest, job: Job): void {
    const lease = this.#current?.lease;
    if (lease?.run.id !== job.id || this.#current?.release !== request.release)
      this.report(
        'a rollback commit is made under the lease only',
        `${job.name} for ${request.release}, held by ${lease?.run.id ?? 'nobody'}`,
      );
    const state = this.#states.get(request.release);
    if (!state?.effects['rollback-commit'].pending)
      this.report('the intent of an effect is in the ledger before it', 'rollback commit');
  }

  dataSwapped(rollback: string, job: Job): void {
    const { data } = this.#sim.platform;
    const rule = 'data is replaced once, under the lease, with its intent in the ledger and nobody writing';
    const state = this.#states.get(rollback);
    const against = [
      this.#current?.lease?.run.id === job.id && this.#current.release === rollback ? null : 'no lease',
      state?.effects.restore.pending ? null : 'no intent',
      data.isQuiesced ? null : 'the service may write',
      this.#swaps.has(rollback) ? 'it was swapped before' : null,
    ].filter((one) => one !== null);
    this.#swaps.add(rollback);
    if (against.length > 0) this.report(rule, `${job.name} for ${rollback}: ${against.join(', ')}`);
  }

  jobEnded(job: Job): void {
    const { platform } = this.#sim;
    if (job.ends.post === 'killed' || platform.weight === 0) return;
    const { release } = this.#current ?? {};
    const state = release ? this.#states.get(release) : undefined;
    const isItsOwn = state && this.#current?.lease?.run.id === job.id;
    // What a run that still lives moved under the lease that it cannot know it lost, it moves back itself.
    const isOthers = this.#route !== null && !isBy(this.#route, job) && this.#isCutOff(this.#route);
    if (isItsOwn && !isOthers)
      this.report('when a run has ended, traffic is whole', `${platform.weight} % after ${job.name}`);
  }

  /** After a run that nothing disturbed has brought to safety what was left. */
  afterResuming(job: Job): void {
    const isFailed = job.outputs.decision === 'rollback-failed' && !this.#isDataLeft();
    const isLeft = this.#current !== null && this.#current.release !== null && !this.#current.parked;
    if (isLeft || isFailed)
      this.report(
        '`resume` leaves nothing unfinished',
        `${this.#current?.release}: ${job.outputs.decision} (${job.outputs['reason-code']})`,
      );
  }

  /** Whether a rollback could not do all, since the run that was to restore the data was lost. */
  #isDataLeft(): boolean {
    return [...this.#states.values()].some(
      ({ started, ended }) => started.data && ended?.decision === 'rollback-failed',
    );
  }

  /** Whether a run did not begin, since what it had to bring to safety first needs a person. */
  needsPerson({ outputs }: Job): boolean {
    return outputs['reason-code'] === 'recovery-failed' && this.#isDataLeft();
  }

  /** After the last run, which nothing disturbed. */
  atTheEnd(last: Job, version: string): void {
    const { platform } = this.#sim;
    if (last.outputs.decision !== 'promoted') {
      this.report(
        'the next release goes through',
        `${last.name} ended ${last.outputs.decision} (${last.outputs['reason-code']})`,
      );
      return;
    }
    if (platform.stable !== version || platform.weight !== 0)
      this.report('the end state is what the record says', `${platform.stable} at ${platform.weight} %`);
    if (platform.data.isQuiesced) this.report('writing goes on at the end', 'it is still stopped');
    if (this.#current?.release !== null || this.#current.lease !== null)
      this.report('nothing is in flight at the end', `${this.#current?.release}`);
    for (const [release, { ended }] of this.#states)
      if (!ended) this.report('every release that was started has ended', release);
    this.#countRollbackCommits();
  }

  #mustStandAs({ release, lease }: Current): void {
    const { weight } = this.#sim.platform;
    const parked = this.#states.get(release ?? '')?.parked;
    if (parked?.weight !== weight || lease !== null)
      this.report('what is parked stands as the record says', `${weight} %, recorded ${parked?.weight} %`);
  }

  #countRollbackCommits(): void {
    for (const release of this.#states.keys()) {
      const commits = this.#sim.hosting.commits.filter(({ message }) =>
        message.includes(`Gated-Release: ${release}`),
      );
      if (commits.length > 1) this.report('there is one rollback commit', `${commits.length} of ${release}`);
    }
  }

  #eventsWritten(path: string, commit: LedgerCommit): void {
    const text = commit.files[path] ?? '';
    const before = this.#sim.ledger.commits.at(-2)?.files[path] ?? '';
    if (!text.startsWith(before)) this.report('the record only grows', path);
    const known = this.#states.get(path.split('/')[0] ?? '');
    // Only what is new is read: the part before it was read when it was written.
    const state = this.#parsed(() => {
      const events = parseEvents(known ? text.slice(before.length) : text);
      return known ? events.reduce(apply, known) : fold(events);
    });
    if (!state) return;
    const { release, version } = state.started;
    if (before === '') this.#sim.timeline.name(release, `R-${version}-${this.#states.size + 1}`);
    const wasOpen = !this.#states.get(release)?.ended;
    this.#states.set(release, state);
    if (state.ended && wasOpen) this.#endMustBeTrue(state);
  }

  #endMustBeTrue(state: ReleaseState): void {
    const { platform } = this.#sim;
    const { ended, started } = state;
    const seen = `${platform.stable} at ${platform.weight} %`;
    const rule = `\`${ended?.decision}\` is true when it is written`;
    if (state.dataRestored) this.#dataMustBe(state, state.dataRestored.result);
    if (ended?.decision === 'promoted') {
      if (platform.stable !== started.version || platform.weight !== 0) this.report(rule, seen);
      if (this.#judges() && platform.healthOf(started.version) !== 'good')
        this.report('what was not seen to be good is not promoted', started.version);
      if (state.inService !== started.version && this.#readsVersion())
        this.report('the end state is read back', started.version);
    }
    if (ended?.decision === 'rolled-back') {
      const wanted = started.previous?.version ?? platform.stable;
      if (platform.weight !== 0 || platform.stable !== wanted) this.report(rule, `${seen}, not ${wanted}`);
    }
    if (ended?.decision === 'blocked' && this.#moved.has(started.release)) this.report(rule, seen);
  }

  #dataMustBe({ started }: ReleaseState, result: 'done' | 'untouched' | 'left'): void {
    const { data } = this.#sim.platform;
    const isSwapped = data.isSwapped(started.release);
    const isTrue = result === 'left' || isSwapped === (result === 'done');
    if (!isTrue) this.report('what is said of the data is true', `${result}, and it reads "${data.content}"`);
  }

  #judges(): boolean {
    return this.#sim.planName !== 'plain' && this.#sim.planName !== 'data';
  }

  #readsVersion(): boolean {
    return this.#sim.planName !== 'unseen';
  }

  #follows(before: Current, after: Current, job: Job): void {
    if (after.fence < before.fence) this.report('fence numbers only rise', `${before.fence}, ${after.fence}`);
    const open = before.release;
    if (open !== null && after.release !== open && !this.#states.get(open)?.ended)
      this.report('nothing in flight is dropped', open);
    const listed = new Set(after.recent.map((one) => one.release));
    if (listed.size !== after.recent.length) this.report('a release is listed once', [...listed].join(', '));
    for (const one of before.recent)
      if (after.recent.length < 30 && !listed.has(one.release)) this.report('nothing is lost', one.release);
    this.#leaseFollows(before, after, job);
  }

  #leaseFollows(before: Current, after: Current, job: Job): void {
    const { time, hosting } = this.#sim;
    const [was, is] = [before.lease, after.lease];
    if (is && is.owner !== was?.owner && !(is.fence > before.fence))
      this.report('each lease has a higher fence', `${is.fence} after ${before.fence}`);
    if (!was || is?.owner === was.owner || was.run.id === job.id) return;
    const isOver = Date.parse(was.expires) <= time.now || hosting.isCompleted(was.run.job ?? '');
    const asked = before.stop_requested;
    const isUnanswered = asked !== null && time.now - Date.parse(asked.at) >= 60_000;
    if (Date.parse(was.expires) > time.now) this.#early.add(String(was.fence));
    if (!isOver && !isUnanswered)
      this.report('a lease is not taken from a run that lives', `${job.name} took that of ${was.run.id}`);
  }

  #mustBeAlone(effect: Effect): void {
    for (const other of this.#running) {
      const [a, b] =
        Number(other.env.RELEASE_FENCE) < Number(effect.env.RELEASE_FENCE)
          ? [other, effect]
          : [effect, other];
      const isSame = a.env.RELEASE_FENCE === b.env.RELEASE_FENCE;
      // Who cannot know that its lease was taken may take back until it expires.
      const mayTakeBack = !isRaising(a) && this.#early.has(a.env.RELEASE_FENCE ?? '');
      if (isSame || isLowering(a) || isLowering(b) || mayTakeBack) continue;
      this.report(
        'one acts at a time',
        `${effect.by} begins ${effect.script} while ${other.by} runs ${other.script}`,
      );
    }
  }

  /** Who ended it knows. Another, whose lease was taken, may not, and may lower traffic. */
  #mustBeOpen(effect: Effect): void {
    const state = this.#states.get(effect.env.RELEASE_ID ?? '');
    const isOwn = state?.owner === this.#owners.get(Number(effect.env.RELEASE_FENCE));
    if (state?.ended && isOwn && !this.#isCutOff(effect))
      this.report('what has ended is left alone', `${effect.by} begins ${effect.script}`);
  }

  #mustBeWrittenAhead(effect: Effect): void {
    const { RELEASE_ID: release = '', RELEASE_FENCE: fence } = effect.env;
    const lease = this.#current?.lease;
    const state = this.#states.get(release)?.effects[INTENTS[effect.script] ?? 'promote'];
    const owner = this.#owners.get(Number(fence));
    const isUnderway = state?.underway.some((one) => one.owner === owner && one.until >= this.#sim.time.now);
    // Who cannot know that it lost the lease may go on with what it began: that is waited out.
    const holds = String(lease?.fence) === fence && this.#current?.release === release;
    if (!holds && !(isUnderway && this.#isCutOff(effect)))
      this.report(
        'who raises holds the lease',
        `${effect.by} with fence ${fence}, the lease has ${lease?.fence}`,
      );
    if (!isUnderway)
      this.report('the intent of an effect is in the ledger before it', `${effect.by} ${effect.script}`);
  }

  #isCutOff(effect: Effect): boolean {
    return this.#sim.jobs.some((job) => isBy(effect, job) && job.isIsolated);
  }

  #mayTakeBack(effect: Effect): void {
    const fence = Number(effect.env.RELEASE_FENCE);
    const until = this.#expiry.get(fence) ?? 0;
    if (this.#sim.time.now > until)
      this.report(
        'nobody takes back beyond the lease that he wrote last',
        `${effect.by} ${effect.script}, ${Math.round((this.#sim.time.now - until) / 1000)} s after it`,
      );
  }

  #parsed<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      this.report('the record can be read', error instanceof Error ? error.message : String(error));
      return null;
    }
  }
}

const INTENTS = { canary: 'canary', route: 'traffic', promote: 'promote' } as Readonly<
  Partial<Record<Effect['script'], 'canary' | 'traffic' | 'promote'>>
>;

function isBy({ by }: Effect, job: Job): boolean {
  return by.startsWith(`${job.name}/`);
}

/** `promote` on the way back has the previous version as its target, and raises nothing. */
function isRaising({ script, env }: Effect): boolean {
  if (script === 'route') return env.RELEASE_WEIGHT !== '0';
  return script === 'canary' || (script === 'promote' && env.RELEASE_STAGE === 'promote');
}

function isLowering({ script, env }: Effect): boolean {
  return script === 'route' && env.RELEASE_WEIGHT === '0';
}
