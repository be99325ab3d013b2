import type { Park } from '../plan/plan.js';
import { standingAt } from '../plan/windows/standing.js';
import { asProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';
import { windowMustBeOpen } from './window.js';

/** Leaves the stages: the release waits in the ledger, and no run acts for it. */
export class Parked extends Error {}

/** Where a release stands when it waits; times in milliseconds since 1970. */
export interface Place {
  readonly step: number;
  readonly weight: number;
  readonly begun: number;
  readonly deadline: number;
  readonly resumeAt: number;
  readonly why: 'step' | 'inconclusive' | 'window';
}

/** Records where the release waits, gives the lease back, and throws `Parked`. */
export async function park(context: ReleaseContext, plan: Park, place: Place): Promise<never> {
  const { journal } = context;
  const until = untilOf(context, plan);
  const resumeAt = iso(Math.min(place.resumeAt, until));
  await journal.park({
    step: place.step,
    weight: place.weight,
    begun: iso(place.begun),
    deadline: iso(place.deadline),
    resume_at: resumeAt,
    until: iso(until),
    why: place.why,
  });
  const { version } = journal.state.started;
  throw new Parked(
    `${version} waits at ${place.weight} % (${WHY[place.why]}); the next look is due at ${resumeAt}, and it waits until ${iso(until)} at most`,
  );
}

/** Until when the release may be parked in all. */
export function untilOf({ journal }: ReleaseContext, plan: Park): number {
  const { parkedUntil } = journal.state;
  return parkedUntil === null ? journal.session.now() + plan.atMostMs : Date.parse(parkedUntil);
}

/** A parked release waits for its window; it does not go back because the night is over. */
export async function windowOrPark(
  context: ReleaseContext,
  plan: Park,
  next: { readonly what: string; readonly place: Omit<Place, 'why' | 'resumeAt'> },
): Promise<void> {
  try {
    windowMustBeOpen(context, next.what);
  } catch (error) {
    if (asProblem(error).reason !== 'window-closed') throw error;
    await park(context, plan, { ...next.place, why: 'window', resumeAt: opening(context, plan) });
  }
}

function opening({ plan, journal }: ReleaseContext, { lookEveryMs }: Park): number {
  const now = journal.session.now();
  const standing = plan.window === null ? null : standingAt(plan.window, now);
  return standing?.isOpen === false && standing.opensAt !== null ? standing.opensAt : now + lookEveryMs;
}

const WHY = {
  step: 'its step is not over',
  inconclusive: 'for more evidence',
  window: 'for its window to open',
} as const satisfies Record<Place['why'], string>;

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
