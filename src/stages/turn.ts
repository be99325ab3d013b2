import { type Comparison, GithubError } from '../github/contract.js';
import type { Lease } from '../release/current.js';
import { ReleaseProblem } from '../release/problem.js';
import type { LedgerSession } from '../release/session.js';
import { askToStop } from './ask-to-stop.js';
import type { Ports } from './context.js';
import { mayOverride } from './gates.js';
import { heldBy, holderOf } from './holder.js';
import { checkName } from './publish.js';
import type { ReleaseRequest } from './request.js';
import { stopIfAsked } from './stop.js';

/** Many runs may wait for the same service, and all jobs of a repository share GitHub's 1,000 requests an hour. */
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 60_000;

export interface TurnOptions {
  readonly request: ReleaseRequest;
  readonly session: LedgerSession;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** Neither waits nor stops anybody. */
  readonly dryRun: boolean;
}

/**
 * Why a release that has waited is not needed any more: a newer commit, which contains it, was promoted meanwhile.
 * Releasing it now would take the newer one out of service. Null when it is needed.
 */
export async function overtakenBy(
  request: ReleaseRequest,
  session: LedgerSession,
  ports: Ports,
): Promise<string | null> {
  const last = session.current.last_promoted;
  if (!last || last.sha === request.sha) return null;
  const comparison = await compared(ports, request.sha, last.sha);
  if (comparison?.status !== 'ahead') return null;
  return `${last.version} (${last.sha.slice(0, 7)}) was promoted while this release waited, and contains ${request.sha.slice(0, 7)}`;
}

async function compared(ports: Ports, base: string, head: string): Promise<Comparison | null> {
  try {
    return await ports.github.repository.compare(base, head);
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    throw new ReleaseProblem(
      'github-unreachable',
      `whether a newer commit was promoted meanwhile could not be found out: ${error.message}`,
      { cause: error, verdict: 'errored' },
    );
  }
}

/** This run's turn on a service that one run at a time may release. */
export class Turn {
  readonly #options: TurnOptions;
  readonly #deadline: number;
  #hasWaited = false;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#deadline = options.ports.clock.now() + (this.#waits() ? options.request.plan.onBusy.withinMs : 0);
  }

  /** Whether others were let go first. */
  get hasWaited(): boolean {
    return this.#hasWaited;
  }

  /**
   * Resolves when nobody else acts. Throws `busy`, and says who does: at once, or with `on-busy: {do: wait}` when the
   * time is over. With `override: busy` the other release is asked to stop, and goes back.
   */
  async come(): Promise<void> {
    const { session, ports, signal } = this.#options;
    let told: string | null = null;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const holder = await holderOf(session, ports);
      if (!holder) return;
      if (this.#overrides()) return this.#stop();
      const left = this.#deadline - ports.clock.now();
      if (left <= 0) throw this.#busy(holder);
      if (told !== holder.owner) this.#tell(holder, left);
      told = holder.owner;
      this.#hasWaited = true;
      await ports.clock.sleep(Math.min(pause, left), signal);
      stopIfAsked(signal);
      await session.refresh();
    }
  }

  /** Whether somebody who was faster by a moment can be waited for; the session is brought up to date. */
  async again(problem: ReleaseProblem): Promise<boolean> {
    if (problem.reason !== 'busy' || !this.#waits()) return false;
    if (this.#options.ports.clock.now() >= this.#deadline) return false;
    await this.#options.session.refresh();
    return true;
  }

  #waits(): boolean {
    return this.#options.request.plan.onBusy.do === 'wait' && !this.#options.dryRun;
  }

  #overrides(): boolean {
    return this.#options.request.overrides.includes('busy') && !this.#options.dryRun;
  }

  /** A newer release that cannot wait: the other goes back by itself, which it can do best. */
  async #stop(): Promise<void> {
    const { request, session, ports, signal } = this.#options;
    const permit = await mayOverride({ request, ports });
    if (permit !== null && permit.state !== 'open')
      throw new ReleaseProblem(permit.reason ?? 'override-refused', permit.text);
    const { actor, reason, version } = request;
    await askToStop(session, ports, {
      by: actor,
      reason: `${version} cannot wait: ${reason ?? ''}`,
      signal,
    });
  }

  #busy(holder: Lease): ReleaseProblem {
    const { session, request } = this.#options;
    const waited = this.#hasWaited ? `; waited ${request.plan.onBusy.withinMs / 1000} s for it` : '';
    return new ReleaseProblem('busy', `${heldBy(session, holder)}${waited}`);
  }

  #tell(holder: Lease, left: number): void {
    const { session, ports, request } = this.#options;
    const until = new Date(ports.clock.now() + left).toISOString();
    const text = `${heldBy(session, holder)}. Waiting for it, until ${until} at most`;
    ports.log.info(text);
    ports.github.checks.report({
      name: checkName(request.plan, 'plan'),
      status: 'in_progress',
      title: 'Waiting for another release of this service',
      summary: text,
    });
  }
}
