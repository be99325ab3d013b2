import type { Goal } from '../goal.js';
import { gauges } from './goals/gauge.js';
import { boundary, drift, falseAlarms, faults, manyMetrics, scatter } from './goals/guarantee.js';
import { againstKayenta, againstTheLimit, latency, onset, outage } from './goals/speed.js';
import type { CellResult } from './results.js';

/** The claims about the judge's decisions, by the numbers of the design's list. */
export function goalsOf(results: readonly CellResult[]): readonly Goal[] {
  return [
    ...falseAlarms(results),
    ...boundary(results),
    ...againstKayenta(results),
    ...againstTheLimit(results),
    ...outage(results),
    ...latency(results),
    ...onset(results),
    ...scatter(results),
    ...drift(results),
    ...manyMetrics(results),
    ...gauges(results),
    ...faults(results),
  ];
}
