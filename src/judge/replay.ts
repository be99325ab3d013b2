import { type JudgeState, type JudgeVerdict, onBatch, onPhase, startJudge, verdict } from './judge.js';
import { own } from './own.js';
import { recordedBatch } from './recorded.js';
import type { JudgeRules } from './rules.js';
import { pastOf, type TrialBegun, type TrialEntry, type TrialPhase, type TrialSamples } from './trial.js';

/** What other rules would have said of a step that was recorded. */
export interface ReplayedStep {
  readonly stage: TrialBegun['stage'];
  readonly weight: number | null;
  /** Milliseconds since 1970, and from the step's beginning to the verdict. */
  readonly at: number;
  readonly afterMs: number;
  readonly verdict: JudgeVerdict;
  /** When all had passed for the first time, from the step's beginning; null when that never was. */
  readonly passedAfterMs: number | null;
}

/** The rules for a stage, as they are to be tried. */
export type RulesFor = (stage: TrialBegun['stage']) => JudgeRules;

/**
 * Gives recorded samples to a judge with other rules, step by step, until one fails. Latencies were recorded by the
 * bins of the old margin, so that a new one is held to about an eighth of it. Lines without a beginning are one step.
 */
export function replay(entries: readonly TrialEntry[], rulesFor: RulesFor): readonly ReplayedStep[] {
  return trialsOf(entries).flatMap((trial) => replayTrial(trial, rulesFor(trial.begun.stage)));
}

interface RecordedTrial {
  readonly begun: TrialBegun;
  readonly steps: readonly RecordedStep[];
}

interface RecordedStep {
  readonly phase: TrialPhase | null;
  readonly samples: readonly TrialSamples[];
  /** When the verdict was asked for. */
  readonly until: number;
}

function replayTrial({ begun, steps }: RecordedTrial, rules: JudgeRules): readonly ReplayedStep[] {
  let state = startJudge(rules, pastOf(begun));
  const replayed: ReplayedStep[] = [];
  for (const step of steps) {
    const told = replayStep(state, begun, step);
    state = told.state;
    replayed.push(told.step);
    if (told.step.verdict.decision === 'fail') break;
  }
  return replayed;
}

function replayStep(
  before: JudgeState,
  begun: TrialBegun,
  { phase, samples, until }: RecordedStep,
): { readonly state: JudgeState; readonly step: ReplayedStep } {
  const start = phase?.at ?? samples[0]?.from ?? begun.at;
  let state = phase === null ? before : onPhase(before, phase);
  let passedAfterMs: number | null = null;
  let at = until;
  for (const row of samples) {
    state = onBatch(state, batchOf(state, begun, row));
    if (state.failed !== null) {
      at = row.to;
      break;
    }
    const passes = verdict(state, { now: row.to, deadline: Number.MAX_VALUE }).decision === 'pass';
    if (passes) passedAfterMs ??= row.to - start;
  }
  const found = verdict(state, { now: at, deadline: at });
  const weight = phase?.weight ?? null;
  const step = { stage: begun.stage, weight, at, afterMs: at - start, verdict: found, passedAfterMs };
  return { state, step };
}

/** What the new rules do not have is left out. */
function batchOf({ metrics }: JudgeState, { rules }: TrialBegun, { from, to, metrics: kept }: TrialSamples) {
  const batches = Object.entries(kept).flatMap(([name, batch]) => {
    const now = own(metrics, name);
    if (now === undefined) return [];
    return [[name, recordedBatch(own(rules.metrics, name) ?? now.rule, batch)] as const];
  });
  return { from, to, metrics: Object.fromEntries(batches) };
}

function trialsOf(entries: readonly TrialEntry[]): readonly RecordedTrial[] {
  const starts = entries.flatMap((entry, i) => (entry.type === 'trial' ? [i] : []));
  if (starts.length === 0) return entries.length === 0 ? [] : [trialOf(begunBy(entries), entries)];
  return starts.flatMap((start, i) => {
    const begun = entries[start];
    return begun?.type === 'trial' ? [trialOf(begun, entries.slice(start + 1, starts[i + 1]))] : [];
  });
}

function trialOf(begun: TrialBegun, entries: readonly TrialEntry[]): RecordedTrial {
  const steps: { phase: TrialPhase | null; samples: TrialSamples[]; until: number }[] = [];
  for (const entry of entries) {
    if (entry.type === 'phase') steps.push({ phase: entry, samples: [], until: entry.at });
    if (entry.type === 'samples') {
      const step = steps.at(-1) ?? { phase: null, samples: [], until: entry.to };
      if (steps.length === 0) steps.push(step);
      step.samples.push(entry);
      step.until = Math.max(step.until, entry.to);
    }
    const step = steps.at(-1);
    if (entry.type === 'verdict' && step) step.until = entry.at;
  }
  return { begun, steps: steps.filter(({ samples }) => samples.length > 0) };
}

const MINUTE_MS = 60_000;

/** Samples that another hand wrote down have no beginning: they are taken for one step without a past. */
function begunBy(entries: readonly TrialEntry[]): TrialBegun {
  const samples = entries.filter((entry) => entry.type === 'samples');
  // A record may hold more lines than a call takes arguments.
  const at = samples.reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY);
  const until = samples.reduce((most, { to }) => Math.max(most, to), Number.NEGATIVE_INFINITY);
  const plannedMs = Math.max(1, until - at);
  const intervalMs = Math.max(1, Math.min(MINUTE_MS, plannedMs / 60));
  const rules = { metrics: {}, falseAlarm: 0.01, falsePass: 0.05 };
  return { type: 'trial', version: 1, stage: 'canary', at, plannedMs, intervalMs, rules, history: {} };
}
