import type { Decision } from '../release/decisions.js';
import { REASONS, type ReasonCode } from '../release/reasons.js';
import { effectBegun, type ReleaseState } from '../release/state.js';
import type { ReleaseEnd } from './end.js';
import { clock } from './quantity.js';

/** What someone woken at night must know first. Plain sentences; values in backticks. */
export interface Situation {
  readonly headline: string;
  readonly inService: string;
  readonly traffic: string;
  readonly toDo: string;
}

export function situationOf(end: ReleaseEnd): Situation {
  return {
    headline: headlineOf(end),
    inService: `${isHalfDone(end) ? HALF_DONE : inServiceText(end.state, end.decision)}${othersMayAct(end) ? ' Another release may be changing it.' : ''}`,
    traffic: `${isHalfDone(end) ? 'See that record.' : trafficText(end.state)}${othersMayAct(end) ? ' Another release may be moving it.' : ''}`,
    toDo: toDoText(end),
  };
}

// Ends that tell of a second release, in flight or unfinished: what this one did not touch may move all the same.
const OTHERS: readonly ReasonCode[] = [
  'busy',
  'cannot-recover',
  'recovery-failed',
  'lease-lost',
  'ledger-invalid',
  'ledger-missing',
];

function othersMayAct(end: ReleaseEnd): boolean {
  return OTHERS.includes(end.reason);
}

const HALF_DONE =
  'NOT KNOWN: an unfinished release was taken back as far as it went, and its record in the ledger says what was done.';

/** This run's own release began nothing; what it did for another one is all that counts. */
function isHalfDone({ reason, state }: ReleaseEnd): boolean {
  return reason === 'recovery-failed' && (state === null || !effectBegun(state));
}

/** Decisions after which a person has to do something. */
export function needsPeople(decision: Decision): boolean {
  return !['promoted', 'passed', 'nothing-to-do'].includes(decision);
}

/** Whether the weight last set was read back; null when this release moved no traffic. */
export function weightVerified(state: ReleaseState | null): boolean | null {
  if (!state?.effects.traffic.begun) return null;
  return state.weight !== null && (state.weights.at(-1)?.verified ?? false);
}

/** Where the traffic is, in one sentence. */
export function trafficText(state: ReleaseState | null): string {
  if (!state?.effects.traffic.begun) return 'Not moved by this release.';
  const last = state.weights.at(-1);
  if (state.weight === null) {
    const known = last
      ? `last known at ${last.weight} % on the canary (${clock(last.at)} UTC)`
      : 'never known';
    return `NOT KNOWN: the last move failed or has no outcome; ${known}.`;
  }
  const proof = weightVerified(state) ? 'read back' : 'not read back, so unverified';
  if (state.weight === 0) return `Whole: 0 % on the canary, ${proof}.`;
  if (state.weight === 100) return `Whole: 100 % on the new version, ${proof}.`;
  return `SPLIT: ${state.weight} % on the canary, ${proof}.`;
}

const HEADLINES: Readonly<Record<Decision, string>> = {
  promoted: 'PROMOTED',
  passed: 'PASSED',
  'nothing-to-do': 'NOTHING TO DO',
  waiting: 'WAITING',
  paused: 'PAUSED',
  blocked: 'BLOCKED',
  'rolled-back': 'ROLLED BACK',
  'rollback-pending': 'ROLLBACK WAITS FOR A MERGE, A PERSON IS NEEDED NOW',
  halted: 'HALTED, A PERSON MUST DECIDE NOW',
  'rollback-failed': 'ROLLBACK FAILED, A PERSON IS NEEDED NOW',
};

function headlineOf(end: ReleaseEnd): string {
  const what = [end.service, end.version ?? ''].filter((part) => part !== '').map((part) => `\`${part}\``);
  const where = end.environment === '' ? '' : ` in \`${end.environment}\``;
  const nothing = isHalfDone(end) ? 'an unfinished release is not safe' : 'nothing was begun';
  const subject = what.length === 0 ? nothing : `${what.join(' ')}${where}`;
  return `${HEADLINES[end.decision]}: ${subject}${end.dryRun ? ' (dry run)' : ''}`;
}

/** Which version serves now, and how that is known. `decision` is null while the release goes on. */
export function inServiceText(state: ReleaseState | null, decision: Decision | null): string {
  const previous = state?.started.previous?.version;
  if (typeof state?.inService === 'string') {
    const doubt =
      decision === 'rollback-failed' || outcomeUnknown(state)
        ? ', but look for yourself: it may have changed since'
        : '';
    return `\`${state.inService}\`${roleOf(state, state.inService)}, as last read${doubt}.`;
  }
  if (!state || !effectBegun(state)) {
    return `As before${previous ? `: \`${previous}\`` : ''}. This release changed nothing${decision === null ? ' so far' : ''}.`;
  }
  const why = state.inService === null ? 'could not be read' : 'was not read back';
  if (!state.effects.promote.begun && previous && decision !== 'rollback-failed') {
    return `\`${previous}\` (the previous version): promotion was never begun. It ${why}, so this is unverified.`;
  }
  return `NOT KNOWN: it ${why}. ${expectation(state, decision)}`;
}

function outcomeUnknown(state: ReleaseState): boolean {
  return state.effects.promote.pending || state.effects.rollback.pending;
}

function roleOf(state: ReleaseState, version: string): string {
  if (version === state.started.version) return ' (the new version)';
  if (version === state.started.previous?.version) return ' (the previous version)';
  return state.started.previous ? ' (NEITHER the new nor the previous version)' : '';
}

function expectation(state: ReleaseState, decision: Decision | null): string {
  const previous = state.started.previous?.version;
  if (decision === 'promoted') return `It should be \`${state.started.version}\`.`;
  if (decision !== 'rolled-back') return 'Do not rely on either version.';
  return previous ? `It should be \`${previous}\`.` : 'No version is known to have been in service before.';
}

function toDoText(end: ReleaseEnd): string {
  const commands = end.state?.rollbackCommit?.commands ?? [];
  return [
    ...(isWhole(end.state) ? [] : ['Look at the traffic first: it is not known to be on one version.']),
    REASONS[end.reason].remedy,
    ...(end.state?.dataRestored?.commands.length ? [DATA_LEFT] : []),
    ...(commands.length > 0 ? ['Then finish the rollback in git with the commands below.'] : []),
  ].join(' ');
}

const DATA_LEFT = 'What is left to do with the data, writing included, is below as commands.';

function isWhole(state: ReleaseState | null): boolean {
  return !state?.effects.traffic.begun || state.weight === 0 || state.weight === 100;
}
