import { type GateName, type GateVerdict, shut } from '../gates/verdict.js';
import { type Facts, GithubError } from '../github/contract.js';
import type { Current } from '../release/current.js';
import { EventsInvalid } from '../release/events.js';
import type { ReasonCode } from '../release/reasons.js';
import type { Ports } from './context.js';
import type { ReleaseRequest } from './request.js';

export interface GateOptions {
  readonly request: ReleaseRequest;
  readonly ports: Ports;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly current: Current;
  /** The id of this workflow run. */
  readonly run: string;
  /** Why the commit is in quarantine; null when it is not. */
  readonly held: string | null;
}

/** A gate whose facts could not be read is shut, and says so. */
export async function known(
  { gate, reason }: { readonly gate: GateName; readonly reason: ReasonCode },
  work: () => Promise<GateVerdict>,
): Promise<GateVerdict> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GithubError || error instanceof EventsInvalid)) throw error;
    const away = error instanceof GithubError && error.kind === 'unreachable';
    return shut(gate, {
      reason: away ? 'github-unreachable' : reason,
      text: `it could not be found out: ${error.message}`,
      opens: 'Start again when it can be read',
    });
  }
}

/** Of paths that were touched those that a commit still has: a document that was taken away documents nothing. */
export async function stillThere(
  facts: Pick<Facts, 'files'>,
  { paths, head }: { readonly paths: readonly string[]; readonly head: string },
): Promise<readonly string[]> {
  const there = new Set(await facts.files(head));
  return paths.filter((path) => there.has(path));
}
