import type { LatencySample, MetricBatch } from './batches.js';
import { type Budget, budgetOf, combine } from './combination.js';
import { isMostlyMissing, NOTHING_COVERED, type Span } from './coverage.js';
import { type Decided, decide, type Failed } from './decision.js';
import type { PastInterval } from './dispersion.js';
import { evidenceOf } from './evidence.js';
import { findMetric, type MetricFinding } from './finding.js';
import { type StoredLog, storeLog } from './log-space.js';
import { type MetricState, startMetric, updateMetric } from './metric.js';
import type { MetricEvidence } from './metric-evidence.js';
import { own } from './own.js';
import { addToPhase, type Phase, type PhaseOptions, startPhase, type Traffic, trafficOf } from './phase.js';
import { problemsOfRules } from './rule-problems.js';
import type { JudgeRules } from './rules.js';

/** All that one judge knows over the weights and waves of a release. Plain JSON; times in milliseconds. */
export interface JudgeState {
  readonly version: 1;
  readonly falseAlarm: number;
  readonly falsePass: number;
  readonly startedAt: number;
  /** The late start invests once a tick; the dispersion learns once an interval. */
  readonly tickMs: number;
  readonly intervalMs: number;
  readonly phase: Phase;
  readonly metrics: Readonly<Record<string, MetricState>>;
  /** When the combined evidence first was enough. It stays so: the false-alarm budget covers that it ever is. */
  readonly failed: Failed | null;
}

export interface JudgeOptions extends PhaseOptions {
  /** How long the whole of it is planned to last, over all phases. */
  readonly plannedMs: number;
  /** Minutes of each metric's baseline before the canary, oldest first. */
  readonly history?: Readonly<Record<string, readonly PastInterval[]>>;
  /** The same minutes of each latency's baseline. */
  readonly latencies?: Readonly<Record<string, readonly LatencySample[]>>;
  /** Readings of each gauge's baseline before the canary, oldest first, as far apart as its batches will be. */
  readonly readings?: Readonly<Record<string, readonly number[]>>;
  /** The interval over which bursts are recognised. */
  readonly intervalMs?: number;
}

export interface JudgeVerdict {
  readonly decision: 'fail' | 'pass' | 'continue' | 'inconclusive';
  /** One sentence. */
  readonly reason: string;
  /** The metrics that decided, or that keep it from being decided; the weightiest first. */
  readonly by: readonly string[];
  /** The combined e-value of the comparisons and where it fails, in nats; null is minus infinity, or no comparison. */
  readonly logE: StoredLog;
  readonly logLimit: number | null;
  readonly traffic: Traffic;
  readonly metrics: Readonly<Record<string, MetricEvidence>>;
}

/** Nobody plans less, and time must pass from tick to tick. */
const LEAST_TICK_MS = 1;
const TICKS = 60;
const MINUTE_MS = 60_000;

/** Throws a RangeError that names every problem of the rules: a plan's are found before. */
export function startJudge(rules: JudgeRules, options: JudgeOptions): JudgeState {
  const problems = problemsOfRules(rules);
  if (problems.length > 0) throw new RangeError(problems.join('\n'));
  const { plannedMs, history = {}, latencies = {}, readings = {}, intervalMs = MINUTE_MS } = options;
  return {
    version: 1,
    falseAlarm: rules.falseAlarm,
    falsePass: rules.falsePass,
    startedAt: options.at,
    tickMs: Math.max(LEAST_TICK_MS, plannedMs / TICKS),
    intervalMs,
    phase: startPhase(options),
    metrics: Object.fromEntries(
      Object.entries(rules.metrics).map(([name, rule]) => [
        name,
        startMetric(rule, {
          intervals: own(history, name) ?? [],
          latencies: own(latencies, name) ?? [],
          readings: own(readings, name) ?? [],
        }),
      ]),
    ),
    failed: null,
  };
}

/** A new weight or wave: evidence is kept, the bake time begins anew, and batches of the warm-up are left out. */
export function onPhase(state: JudgeState, options: PhaseOptions): JudgeState {
  return { ...state, phase: startPhase(options) };
}

/**
 * Takes in what came of some or all metrics in one interval. Batches of one metric are disjoint and in order; a metric
 * that is not named is untouched. A batch that began before the warm-up's end is left out for both arms.
 */
export function onBatch(
  state: JudgeState,
  batch: Span & { readonly metrics: Readonly<Record<string, MetricBatch>> },
): JudgeState {
  const span = { from: batch.from, to: batch.to };
  const unknown = Object.keys(batch.metrics).filter((name) => !Object.hasOwn(state.metrics, name));
  if (unknown.length > 0) throw new RangeError(describeUnknown(unknown, state));
  if (batch.from < state.phase.judgesFrom) return state;
  const clock = {
    tick: Math.floor((batch.to - state.startedAt) / state.tickMs),
    interval: Math.floor((batch.from - state.startedAt) / state.intervalMs),
  };
  const metrics = { ...state.metrics };
  for (const [name, one] of Object.entries(batch.metrics)) {
    const metric = metrics[name];
    if (metric !== undefined) metrics[name] = updateMetric(metric, one, { span, clock });
  }
  const next = { ...state, metrics, phase: addToPhase(state.phase, batch.metrics) };
  return { ...next, failed: state.failed ?? failureOf(next, batch.to) };
}

/**
 * What the evidence says now. Past `deadline` what is not decided is inconclusive. It may be asked at any time and as
 * often as wanted: the guarantees hold for all looks together.
 */
export function verdict(
  state: JudgeState,
  { now, deadline }: { readonly now: number; readonly deadline: number },
): JudgeVerdict {
  const budget = budgetOf(rulesOf(state));
  // Not `now >= deadline`: with a time that is no number nothing may go on for ever.
  const isLast = !(now < deadline);
  const findings = findingsOf(state, budget, isLast);
  const baked = now - state.phase.at >= state.phase.bakeMs || now >= deadline;
  const decided: Decided = decide(findings, { rules: rulesOf(state), failed: state.failed, baked, isLast });
  return {
    ...decided,
    logE: storeLog(combine(budget, comparedLogs(state, findings))),
    logLimit: budget.logLimit,
    traffic: trafficOf(state.phase),
    metrics: evidenceOfAll(state, budget, findings),
  };
}

type Findings = Readonly<Record<string, MetricFinding>>;

function findingsOf(state: JudgeState, budget: Budget, isLast: boolean): Findings {
  const { falsePass } = state;
  return Object.fromEntries(
    Object.entries(state.metrics).map(([name, metric]) => [
      name,
      findMetric(metric, { name, budget, falsePass, isLast }),
    ]),
  );
}

function evidenceOfAll(
  state: JudgeState,
  budget: Budget,
  findings: Findings,
): Readonly<Record<string, MetricEvidence>> {
  const { falsePass } = state;
  return Object.fromEntries(
    Object.entries(findings).flatMap(([name, finding]) => {
      const metric = state.metrics[name];
      if (metric === undefined) return [];
      const context = { budget, falsePass, weight: budget.weights[name] ?? 0 };
      return [[name, evidenceOf(metric, finding, context)]];
    }),
  );
}

/** Whether the evidence is enough now: of all comparisons together, or of one limit. */
function failureOf(state: JudgeState, at: number): Failed | null {
  const budget = budgetOf(rulesOf(state));
  const findings = findingsOf(state, budget, false);
  const broken = Object.keys(findings).filter((name) => findings[name]?.broken && decides(state, name));
  const logs = comparedLogs(state, findings);
  const logE = combine(budget, logs);
  const isFailed = budget.logLimit !== null && logE >= budget.logLimit;
  if (broken.length === 0 && !isFailed) return null;
  return { at, broken, compared: isFailed ? heaviest(budget, logs) : [], logE: storeLog(logE) };
}

/** The logarithms of E_fail of what has a say. */
function comparedLogs(state: JudgeState, findings: Findings): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(findings)
      .filter(([name]) => !isMostlyMissing(state.metrics[name]?.coverage ?? NOTHING_COVERED))
      .map(([name, { standing }]) => [name, standing.logFail]),
  );
}

/** What brought at least a tenth of the combined evidence, the most first. */
function heaviest(budget: Budget, logs: Readonly<Record<string, number>>): readonly string[] {
  const parts = Object.entries(logs)
    .filter(([name]) => (budget.weights[name] ?? 0) > 0)
    .map(([name, log]) => ({ name, part: log + Math.log(budget.weights[name] ?? 0) }))
    .sort((a, b) => b.part - a.part);
  const most = parts[0]?.part ?? 0;
  return parts.filter(({ part }) => part >= most - Math.log(10)).map(({ name }) => name);
}

function decides(state: JudgeState, name: string): boolean {
  return state.metrics[name]?.rule.importance !== 'advisory';
}

/** The rules as they were given; each metric keeps its own. */
function rulesOf({ falseAlarm, falsePass, metrics }: JudgeState): JudgeRules {
  const rules = Object.entries(metrics).map(([name, { rule }]) => [name, rule] as const);
  return { falseAlarm, falsePass, metrics: Object.fromEntries(rules) };
}

function describeUnknown(unknown: readonly string[], state: JudgeState): string {
  const known = Object.keys(state.metrics).join(', ');
  return `samples came for ${unknown.join(', ')}, which the rules do not have; they have ${known}`;
}
