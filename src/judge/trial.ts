import type { PastInterval } from './dispersion.js';
import { type JudgeState, type JudgeVerdict, onBatch, onPhase, startJudge, verdict } from './judge.js';
import { own } from './own.js';
import { latenciesOf, type RecordedBatch, type RecordedLatency, recordedBatch } from './recorded.js';
import type { JudgeRules } from './rules.js';

/**
 * All that a verdict rests on, in the order in which it came: who has the entries can compute every verdict anew, bit
 * for bit. Plain JSON; times in milliseconds since 1970.
 */
export type TrialEntry = TrialBegun | TrialPhase | TrialSamples | TrialVerdict;

/** A judge begins with nothing but its rules and the baseline's past. */
export interface TrialBegun {
  readonly type: 'trial';
  readonly version: 1;
  readonly stage: 'canary' | 'promote';
  readonly at: number;
  readonly plannedMs: number;
  readonly intervalMs: number;
  readonly rules: JudgeRules;
  /** The baseline before, by metric: counts of errors, latencies, readings of gauges; oldest first. */
  readonly history: Readonly<Record<string, readonly PastInterval[]>>;
  readonly latencies?: Readonly<Record<string, readonly RecordedLatency[]>>;
  readonly readings?: Readonly<Record<string, readonly number[]>>;
}

/** A new weight or wave. */
export interface TrialPhase {
  readonly type: 'phase';
  readonly at: number;
  readonly weight: number;
  readonly wave: string | null;
  readonly warmUpMs: number;
  readonly bakeMs: number;
  readonly share: number | null;
}

export interface TrialSamples {
  readonly type: 'samples';
  readonly from: number;
  readonly to: number;
  readonly metrics: Readonly<Record<string, RecordedBatch>>;
}

/** The verdict was asked for, and the release went by the answer. */
export interface TrialVerdict {
  readonly type: 'verdict';
  readonly at: number;
  readonly deadline: number;
  readonly decision: JudgeVerdict['decision'];
}

/** The judge after one more entry. Throws a `RangeError` where the entries cannot be those of a judge. */
export function afterEntry(state: JudgeState | null, entry: TrialEntry): JudgeState {
  if (entry.type === 'trial') {
    return startJudge(entry.rules, pastOf(entry));
  }
  if (state === null) throw new RangeError(`\`${entry.type}\` comes before \`trial\`, which says the rules`);
  if (entry.type === 'phase') return onPhase(state, entry);
  return entry.type === 'samples' ? onBatch(state, batchOf(state, entry)) : state;
}

/** What a judge begins with, latencies as it takes them. */
export function pastOf({ rules, at, plannedMs, intervalMs, history, latencies, readings }: TrialBegun) {
  const samples = Object.entries(latencies ?? {}).flatMap(([name, past]) => {
    const rule = own(rules.metrics, name);
    return rule === undefined ? [] : [[name, past.map((one) => latenciesOf(rule, one))] as const];
  });
  return {
    at,
    plannedMs,
    intervalMs,
    history,
    latencies: Object.fromEntries(samples),
    readings: readings ?? {},
  };
}

/** The verdicts that the entries lead to, each beside the one that was given. */
export function retry(
  entries: readonly TrialEntry[],
): readonly { readonly given: TrialVerdict; readonly found: JudgeVerdict }[] {
  const verdicts: { given: TrialVerdict; found: JudgeVerdict }[] = [];
  let state: JudgeState | null = null;
  for (const entry of entries) {
    state = afterEntry(state, entry);
    if (entry.type !== 'verdict') continue;
    const found = verdict(state, { now: entry.at, deadline: entry.deadline });
    verdicts.push({ given: entry, found });
  }
  return verdicts;
}

function batchOf({ metrics }: JudgeState, { from, to, metrics: kept }: TrialSamples) {
  const batches = Object.entries(kept).map(([name, batch]) => {
    const rule = own(metrics, name)?.rule;
    // The judge itself says which names it does not have.
    return [name, rule === undefined ? batch : recordedBatch(rule, batch)];
  });
  return { from, to, metrics: Object.fromEntries(batches) };
}
