import type { Canary, Park, Source } from '../plan/plan.js';
import { remembers } from '../plan/remembers.js';
import type { ReleaseContext } from './context.js';
import { type Place, park } from './park.js';
import { scriptEnvironment } from './script.js';
import { stopIfAsked } from './stop.js';
import type { Observation, Trial } from './trial.js';

/** After each raise the run stays for so long, in case the canary falls over at once. */
const ATTENDED_MS = 30_000;
const LOOK_EVERY_MS = 5_000;
/** At each look, what remembers nothing is measured for so long. */
const MEASURED_MS = 10_000;
/** A source that does not answer when the verdict is due is asked again for so long. */
const PATIENCE_MS = 5 * 60_000;
/** What is measured takes a moment more than its source says. */
const SETTLE_MS = 2_000;

export interface ParkedStep {
  readonly trial: Trial;
  readonly plan: Canary;
  readonly park: Park;
  readonly place: Omit<Place, 'why' | 'resumeAt'>;
  /** This run found the step as another one left it. */
  readonly isResumed: boolean;
  /** Passes as soon as the evidence is there. */
  readonly early: boolean;
}

/**
 * Judges a step by what its sources remember, from where the last look left off; what remembers nothing is measured
 * while the run is there. Throws `Parked` as long as there is no verdict: then the next look goes on.
 */
export async function observeParked(context: ReleaseContext, step: ParkedStep): Promise<Observation> {
  const { trial, plan, place } = step;
  trial.listen(wholeSecond(place.begun + plan.warmUpMs));
  const live = measureForgetful(context, trial);
  try {
    return await attend(context, step, live);
  } finally {
    await live.stop();
  }
}

async function attend(context: ReleaseContext, step: ParkedStep, live: Live): Promise<Observation> {
  const { session } = context.journal;
  const { trial, place } = step;
  const ms = step.isResumed ? live.neededMs : Math.max(ATTENDED_MS, live.neededMs);
  const attendedUntil = session.now() + ms;
  const due = place.deadline + lagOf(trial);
  for (;;) {
    const seen =
      session.now() >= attendedUntil || !step.isResumed ? await lookBack(context, step, due) : null;
    stopIfAsked(context.signal);
    if (seen !== null) return seen;
    const left = due - session.now();
    if (session.now() >= attendedUntil && left > ATTENDED_MS) {
      await live.stop();
      trial.keepForgetful();
      const resumeAt = Math.min(session.now() + step.park.lookEveryMs, due);
      await park(context, step.park, { ...place, why: step.early ? 'inconclusive' : 'step', resumeAt });
    }
    await context.ports.clock.sleep(Math.min(LOOK_EVERY_MS, Math.max(1_000, left)), context.signal);
    stopIfAsked(context.signal);
  }
}

interface Live {
  /** How long a look has to be, in milliseconds. */
  readonly neededMs: number;
  stop(): Promise<void>;
}

function measureForgetful(context: ReleaseContext, trial: Trial): Live {
  const metrics = trial.metrics.filter(({ source }) => !remembers(source));
  if (metrics.length === 0) return { neededMs: 0, stop: async () => undefined };
  const done = new AbortController();
  const measuring = context.ports.metrics.measure({
    metrics,
    wave: null,
    env: scriptEnvironment(context, { stage: 'canary' }),
    signal: AbortSignal.any([context.signal, done.signal]),
    everyMs: 1_000,
    onBatch: (name, batch) => trial.take(name, batch),
  });
  const stop = async (): Promise<void> => {
    done.abort();
    await measuring;
  };
  return { neededMs: MEASURED_MS, stop };
}

/**
 * What came between the end of a step and this look, which may be late: more traffic is not given to what has failed
 * meanwhile. Null when nothing was found against it.
 */
export async function observeSince(context: ReleaseContext, step: ParkedStep): Promise<Observation | null> {
  const { session } = context.journal;
  const { trial, place } = step;
  const now = session.now();
  trial.listen(place.deadline);
  await takePast(context, trial, { from: place.deadline, to: now - lagOf(trial) });
  stopIfAsked(context.signal);
  const when = { at: now, deadline: now + 1 };
  return trial.look({ ...when, early: false }) ? trial.conclude({ ...when, unattended: true }) : null;
}

async function lookBack(
  context: ReleaseContext,
  { trial, plan, place, early }: ParkedStep,
  due: number,
): Promise<Observation | null> {
  const { session } = context.journal;
  const { deadline } = place;
  const from = wholeSecond(place.begun + plan.warmUpMs);
  const to = Math.min(session.now() - lagOf(trial), deadline);
  const isWhole = await takePast(context, trial, { from, to });
  const at = session.now();
  if (trial.look({ at, deadline, early: early && isWhole, unattended: true }))
    return trial.conclude({ at, deadline, unattended: true });
  if (at < due || (!isWhole && at < due + PATIENCE_MS)) return null;
  // A late look must not count the time after the step as missing.
  return trial.conclude({ at: deadline, deadline, unattended: true });
}

/** Gives the judge what it has not seen yet; false when a source could not tell. */
async function takePast(
  context: ReleaseContext,
  trial: Trial,
  span: { readonly from: number; readonly to: number },
): Promise<boolean> {
  const metrics = trial.metrics.filter(({ source }) => remembers(source));
  if (metrics.length === 0) return true;
  const everyMs = Math.min(...metrics.map(({ source }) => intervalOf(source)));
  const starts = new Map(metrics.map(({ name }) => [name, Math.max(span.from, trial.until(name) ?? 0)]));
  const from = Math.min(...starts.values());
  const to = from + Math.floor((span.to - from) / everyMs) * everyMs;
  if (!(to > from)) return true;
  const { ports, signal } = context;
  const env = scriptEnvironment(context, { stage: 'canary' });
  const past = await ports.metrics.history({ metrics, wave: null, env, signal, from, to, everyMs });
  let isWhole = true;
  for (const { name } of metrics) {
    const batches = past[name] ?? { problem: 'nothing came of it' };
    if ('problem' in batches) {
      ports.log.warning(`\`${name}\` could not be read: ${batches.problem}`);
      isWhole = false;
      continue;
    }
    const start = starts.get(name) ?? from;
    for (const batch of batches) if (batch.from >= start) trial.take(name, batch);
  }
  return isWhole;
}

/** How late the slowest source knows. */
function lagOf({ metrics }: Trial): number {
  const delays = metrics.map(({ source }) => (source.kind === 'prometheus' ? source.delayMs : 0));
  return SETTLE_MS + Math.max(0, ...delays);
}

function intervalOf(source: Source): number {
  return source.kind === 'probe' ? 1_000 : source.everyMs;
}

function wholeSecond(ms: number): number {
  return Math.ceil(ms / 1_000) * 1_000;
}
