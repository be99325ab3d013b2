import { atMost, type Goal } from '../../goal.js';
import { type CellResult, isHealthy, LOOSE, mean, pick, STRICT } from '../results.js';
import type { Summary } from '../summary.js';

/** In each cell the median delay at the level where neither has more false alarms on average than the other. */
export function againstKayenta(results: readonly CellResult[]): readonly Goal[] {
  const families = ['errors', 'latency'];
  const of = (judge: string, healthy: boolean) =>
    families.flatMap((family) =>
      pick(results, {
        family,
        judge,
        where: (facts) => isHealthy(facts) === healthy && !String(facts.change).includes('at '),
      }),
    );
  const [ours, theirs] = [of(LOOSE, false), of('Kayenta', false)];
  const pairs = ours.flatMap((cell, i) => {
    const peer = theirs[i];
    return peer === undefined ? [] : [{ id: cell.id, ratio: delayRatio(cell, peer) }];
  });
  const later = pairs.filter(({ ratio }) => ratio > 1);
  const worst = Math.max(...pairs.map(({ ratio }) => ratio));
  const names = later.map(({ id, ratio }) => `${id} (${ratio.toFixed(2)})`);
  return [
    atMost(
      'G3-false-alarms',
      mean(of(LOOSE, true).map(({ failRate }) => failRate)),
      mean(of('Kayenta', true).map(({ failRate }) => failRate)),
      'mean share of healthy canaries that fail without a margin at 5 %; the limit is that of Kayenta',
    ),
    atMost(
      'G3-later',
      later.length / pairs.length,
      0.05,
      `part of ${pairs.length} regressions that Kayenta finds sooner${names.length > 0 ? `: ${names.join('; ')}` : ''}`,
    ),
    atMost(
      'G3-worst',
      worst,
      1.1,
      'largest ratio of the median delay to that of Kayenta; where neither finds half, of the mean delay within the hour',
    ),
  ];
}

/**
 * Of the medians. Where neither finds half of the regressions there are none: then of the mean delays with the end of
 * the hour for what was not found, as survival analysis has it (the restricted mean).
 */
function delayRatio(ours: Summary, theirs: Summary): number {
  if (Number.isFinite(ours.medianMinutes) || Number.isFinite(theirs.medianMinutes))
    return ours.medianMinutes / theirs.medianMinutes;
  return ours.restrictedMinutes / theirs.restrictedMinutes;
}

export function againstTheLimit(results: readonly CellResult[]): readonly Goal[] {
  const cells = pick(results, {
    family: 'errors',
    judge: STRICT,
    where: ({ limitMinutes, change }) =>
      Number(limitMinutes) >= 1 && Number.isFinite(limitMinutes) && !String(change).startsWith('at'),
  }).filter(({ failRate }) => failRate >= 0.97);
  const worst = (of: (cell: Summary) => number) =>
    Math.max(...cells.map((cell) => of(cell) / Number(cell.facts.limitMinutes)));
  return [
    atMost(
      'G4-median',
      worst(({ medianMinutes }) => medianMinutes),
      1.6,
      `median time to FAIL over the theoretical limit, the worst of ${cells.length} worlds`,
    ),
    atMost(
      'G4-mean',
      worst(({ meanMinutes }) => meanMinutes),
      1.9,
      'mean time to FAIL over the theoretical limit, the worst',
    ),
  ];
}

export function outage(results: readonly CellResult[]): readonly Goal[] {
  const [cell] = pick(results, {
    family: 'errors',
    judge: 'ours',
    where: ({ base, rps, share, change }) => base === 0.01 && rps === 10 && share === 0.5 && change === 'x10',
  });
  const [strict] = pick(results, {
    family: 'errors',
    judge: LOOSE,
    where: ({ base, rps, share, change }) => base === 0.01 && rps === 10 && share === 0.5 && change === 'x10',
  });
  return [
    atMost(
      'G5-missed',
      1 - (cell?.failRate ?? 0),
      0,
      'share of outages (1 % to 10 %, 10/s) that the default margins miss',
    ),
    atMost(
      'G5-seconds',
      60 * (strict?.medianMinutes ?? Number.NaN),
      20,
      'median seconds to FAIL of that outage, without a margin at 5 %',
    ),
    atMost(
      'G5-requests',
      strict?.medianRequests ?? Number.NaN,
      200,
      'median requests of the canary until then',
    ),
  ];
}

export function latency(results: readonly CellResult[]): readonly Goal[] {
  const worst = (change: string, rps: number) =>
    Math.max(
      ...pick(results, {
        family: 'latency',
        judge: LOOSE,
        where: (facts) => facts.change === change && facts.rps === rps && facts.shape !== 'heavy',
      }).map(({ medianMinutes }) => medianMinutes),
    );
  return [
    atMost(
      'G6-slower',
      worst('x1.2', 10),
      2,
      'median minutes until 20 % slower at 10/s fails without a margin at 5 %, light tails',
    ),
    atMost('G6-tail', worst('p99 x3', 1), 15, 'the same of a 99th percentile three times as slow at 1/s'),
  ];
}

export function onset(results: readonly CellResult[]): readonly Goal[] {
  const at = (onset: number) =>
    pick(results, { family: 'late onset', judge: 'ours, 1%', where: (facts) => facts.onset === onset });
  const early = at(0).filter(({ failRate }) => failRate === 1);
  const pairs = early.flatMap((cell) => {
    const late = at(30).find(({ facts }) => facts.world === cell.facts.world);
    return late === undefined ? [] : [{ late, ratio: (late.medianMinutes - 30) / cell.medianMinutes }];
  });
  return [
    atMost(
      'G7-missed',
      1 - Math.min(...pairs.map(({ late }) => late.failRate)),
      0.1,
      `regressions from the middle on that are missed, of those always found from the start on; the worst of ${pairs.length} worlds`,
    ),
    atMost(
      'G7-delay',
      Math.max(...pairs.map(({ ratio }) => ratio)),
      2,
      'median delay of regressions from the middle on over that from the start on, the worst',
    ),
  ];
}
