import type { MetricVerdict, Verdict } from '../judge/verdict.js';
import type { Decision } from './decisions.js';
import {
  type BackedUp,
  EFFECTS,
  type Effect,
  EventsInvalid,
  type ParkedEvent,
  type ReleaseEvent,
  type StageName,
  type Started,
  type Verified,
} from './events.js';
import type { TrailPoint } from './judged.js';
import type { ReasonCode } from './reasons.js';

export interface StageState {
  readonly status: 'running' | 'skipped' | Verdict;
  readonly reason: ReasonCode | null;
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly startedAt: string;
  readonly endedAt: string | null;
}

export interface EffectState {
  /** An intent was written: it may have happened. */
  readonly begun: boolean;
  /** An intent without an outcome yet. */
  readonly pending: boolean;
  /** Which owners may be carrying it out, and until when at most, in milliseconds since 1970. */
  readonly underway: readonly { readonly owner: string; readonly until: number }[];
  readonly ok: boolean | null;
  /** How it stood before its pending intent. */
  readonly was: EffectState | null;
}

export interface WeightPoint {
  readonly at: string;
  readonly weight: number;
  readonly verified: boolean;
}

export interface Judgement {
  readonly at: string;
  readonly stage: 'canary' | 'promote';
  readonly weight: number;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly combined: { readonly logE: number | null; readonly logLimit: number | null };
  readonly metrics: readonly MetricVerdict[];
  readonly trail: readonly TrailPoint[];
}

export interface DataRestored {
  readonly result: 'done' | 'untouched' | 'left';
  readonly note: string;
  readonly commands: readonly string[];
}

export interface RollbackCommit {
  readonly result: 'done' | 'pull-request' | 'incident' | 'none';
  readonly commit: string | null;
  readonly url: string | null;
  readonly note: string;
  readonly files: readonly string[];
  readonly commands: readonly string[];
}

/** A release as its events tell it. Nothing else is state. */
export interface ReleaseState {
  readonly started: Started;
  readonly stages: Readonly<Partial<Record<StageName, StageState>>>;
  readonly effects: Readonly<Record<Effect, EffectState>>;
  readonly weights: readonly WeightPoint[];
  /** The last weight known to be set; null while a move has an intent and no outcome. */
  readonly weight: number | null;
  readonly judgements: readonly Judgement[];
  /** In the order in which the suites ended. */
  readonly verified: readonly Verified[];
  /** The version in service as last read; undefined: never read, null: could not be read. */
  readonly inService: string | null | undefined;
  /** Where it waits; null while a run acts for it. */
  readonly parked: ParkedEvent | null;
  /** Until when it may be parked in all, ISO 8601; null when it never was. */
  readonly parkedUntil: string | null;
  /** Who acts for this release: the owner that began it, or the last one that took it over. */
  readonly owner: string;
  readonly failing: { readonly reason: ReasonCode; readonly summary: string } | null;
  readonly rollbackCommit: RollbackCommit | null;
  /** What was saved before anything moved, in the order of the plan. */
  readonly backups: readonly BackedUp[];
  /** What became of the data, where it was to be restored. */
  readonly dataRestored: DataRestored | null;
  readonly ended: {
    readonly at: string;
    readonly decision: Decision;
    readonly reason: ReasonCode;
    readonly summary: string;
  } | null;
}

/** Folds events into the state. Throws `EventsInvalid` when they cannot be one release's events in order. */
export function fold(events: readonly ReleaseEvent[]): ReleaseState {
  const [first, ...rest] = events;
  if (first?.type !== 'started') throw new EventsInvalid('the first event of a release must be `started`');
  return rest.reduce(apply, initial(first));
}

/** The state after one more event. */
export function apply(state: ReleaseState, event: ReleaseEvent): ReleaseState {
  if (state.ended) throw new EventsInvalid(`\`${event.type}\` after \`ended\`: a release ends once`);
  switch (event.type) {
    case 'started':
      throw new EventsInvalid('`started` twice: a release starts once');
    case 'stage-started':
    case 'stage-ended':
      return { ...state, stages: { ...state.stages, [event.stage]: stageAfter(state, event) } };
    case 'intent':
    case 'outcome':
      return effectAfter(state, event);
    case 'judged':
      return { ...state, judgements: [...state.judgements, event] };
    case 'verified':
      return { ...state, verified: [...state.verified, event] };
    case 'read-back':
      return { ...state, inService: event.version };
    case 'failing':
      // The first cause stands: what fails on the way back is not why the release went back.
      return state.failing ? state : { ...state, failing: { reason: event.reason, summary: event.summary } };
    case 'rollback-commit':
      return { ...state, rollbackCommit: event };
    case 'backed-up':
      return { ...state, backups: [...state.backups, event] };
    case 'data-restored':
      return { ...state, dataRestored: event };
    case 'signed-off':
      return state;
    case 'parked':
      return { ...state, parked: event, parkedUntil: state.parkedUntil ?? event.until };
    case 'taken-over':
      return { ...state, owner: event.owner, parked: null };
    case 'ended':
      return { ...state, ended: event };
  }
}

/** Whether anything outside the ledger may have changed. */
export function effectBegun(state: ReleaseState): boolean {
  // A rollback by hand is an effect from its first moment: what it takes back is in service.
  return state.started.kind === 'rollback' || EFFECTS.some((effect) => state.effects[effect].begun);
}

/**
 * Until when somebody else than `owner` may be carrying out an effect whose outcome is not known, in milliseconds
 * since 1970; 0 when nobody is.
 */
export function othersUntil(state: ReleaseState, owner: string): number {
  const underway = EFFECTS.flatMap((effect) => state.effects[effect].underway);
  return Math.max(0, ...underway.filter((one) => one.owner !== owner).map(({ until }) => until));
}

function initial(started: Started): ReleaseState {
  const untouched: EffectState = { begun: false, pending: false, underway: [], ok: null, was: null };
  return {
    started,
    owner: started.owner,
    parked: null,
    parkedUntil: null,
    stages: {},
    effects: Object.fromEntries(EFFECTS.map((e) => [e, untouched])) as Record<Effect, EffectState>,
    weights: [],
    weight: 0,
    judgements: [],
    verified: [],
    inService: undefined,
    failing: null,
    rollbackCommit: null,
    backups: [],
    dataRestored: null,
    ended: null,
  };
}

function stageAfter(
  state: ReleaseState,
  event: Extract<ReleaseEvent, { type: 'stage-started' | 'stage-ended' }>,
): StageState {
  const before = state.stages[event.stage];
  if (event.type === 'stage-started') {
    return { status: 'running', reason: null, summary: '', evidence: [], startedAt: event.at, endedAt: null };
  }
  return {
    status: event.verdict,
    reason: event.reason,
    summary: event.summary,
    evidence: event.evidence,
    startedAt: before?.startedAt ?? event.at,
    endedAt: event.at,
  };
}

function effectAfter(
  state: ReleaseState,
  event: Extract<ReleaseEvent, { type: 'intent' | 'outcome' }>,
): ReleaseState {
  const effects = { ...state.effects, [event.effect]: effectStateAfter(state, event) };
  if (event.effect !== 'traffic') return { ...state, effects };
  if (event.type === 'outcome' && event.withdrawn) {
    const wasKnown = state.effects.traffic.was?.ok !== false;
    return { ...state, effects, weight: wasKnown ? (state.weights.at(-1)?.weight ?? 0) : null };
  }
  if (event.type === 'intent' || !event.ok || event.weight === undefined) {
    return { ...state, effects, weight: null };
  }
  const point: WeightPoint = { at: event.at, weight: event.weight, verified: event.verified ?? false };
  return { ...state, effects, weight: event.weight, weights: [...state.weights, point] };
}

function effectStateAfter(
  state: ReleaseState,
  event: Extract<ReleaseEvent, { type: 'intent' | 'outcome' }>,
): EffectState {
  const before = state.effects[event.effect];
  const underway = underwayAfter(state, event);
  if (event.type === 'intent') return { begun: true, pending: true, underway, ok: before.ok, was: before };
  if (event.withdrawn && before.was) return { ...before.was, underway };
  return { begun: true, pending: false, underway, ok: event.ok, was: null };
}

/** What a new owner does says nothing of what the one before it may still be doing. */
function underwayAfter(
  state: ReleaseState,
  event: Extract<ReleaseEvent, { type: 'intent' | 'outcome' }>,
): EffectState['underway'] {
  const others = state.effects[event.effect].underway.filter((one) => one.owner !== state.owner);
  if (event.type === 'outcome') return others;
  return [...others, { owner: state.owner, until: Date.parse(event.at) + event.timeout_ms }];
}
