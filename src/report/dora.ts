import type { Current } from '../release/current.js';
import { duration, percent } from './quantity.js';

type Recent = Current['recent'][number];

export interface DoraKey {
  readonly name: string;
  readonly value: string;
  /** What it was computed from. */
  readonly how: string;
}

const DAY = 86_400_000;

/** The four keys, as far as the ledger's list of latest releases can tell. Nothing is estimated. */
export function doraKeys(recent: readonly Recent[]): readonly DoraKey[] {
  return [deploymentFrequency(recent), changeFailureRate(recent), timeToRestore(recent), leadTime];
}

const leadTime: DoraKey = {
  name: 'Lead time for changes',
  value: 'not recorded yet',
  how: 'Needs the time of each commit, which the list does not hold.',
};

function deploymentFrequency(recent: readonly Recent[]): DoraKey {
  const name = 'Deployment frequency';
  const times = recent
    .filter(({ decision }) => decision === 'promoted')
    .map(({ ended }) => Date.parse(ended));
  const span = Math.max(...times) - Math.min(...times);
  // A rate for a week from less than a day would be a guess.
  if (times.length < 2 || span < DAY) {
    return {
      name,
      value: 'not enough releases yet',
      how: `Needs two promoted releases at least a day apart; n = ${times.length}.`,
    };
  }
  const perWeek = ((times.length - 1) / span) * 7 * DAY;
  return {
    name,
    value: `${perWeek >= 100 ? Math.round(perWeek) : Number(perWeek.toPrecision(2))} a week`,
    how: `Intervals between the first and the last promoted release listed (${duration(span)}), per week; n = ${times.length} promoted.`,
  };
}

function changeFailureRate(recent: readonly Recent[]): DoraKey {
  const failed = recent.filter(isFailed).length;
  const n = failed + recent.filter(({ decision }) => decision === 'promoted').length;
  return {
    name: 'Change failure rate',
    value: n === 0 ? 'no releases yet' : percent(failed / n),
    how: `Rolled back or rollback failed (${failed}), of these and promoted; a release stopped in its canary counts, one blocked before it does not; n = ${n}.`,
  };
}

function timeToRestore(recent: readonly Recent[]): DoraKey {
  const times = recent
    .filter(({ decision }) => decision === 'rolled-back')
    .map(({ started, ended }) => Date.parse(ended) - Date.parse(started));
  const open = recent.filter(({ decision }) => decision === 'rollback-failed').length;
  const without = open > 0 ? ` ${open} whose rollback failed left out: their end is not recorded.` : '';
  return {
    name: 'Time to restore',
    value: times.length === 0 ? 'nothing to restore yet' : duration(median(times)),
    how: `Median from the start of a rolled-back release to its end; n = ${times.length}.${without}`,
  };
}

function isFailed({ decision }: Recent): boolean {
  return decision === 'rolled-back' || decision === 'rollback-failed';
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
