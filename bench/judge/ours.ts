import type { MetricBatch } from '../../src/judge/batches.js';
import { budgetOf, combine } from '../../src/judge/combination.js';
import { type JudgeState, onBatch, startJudge, verdict } from '../../src/judge/judge.js';
import { standingOf } from '../../src/judge/metric.js';
import type { JudgeRules } from '../../src/judge/rules.js';
import type { Contender } from './outcome.js';
import type { Arms, Measurement, Step, Trace } from './trace.js';

export interface OurOptions {
  readonly name: string;
  readonly rules: JudgeRules;
  /** Whether PASS ends it, too: looked for once a minute. Without it only FAIL decides. */
  readonly mayPass?: boolean;
  readonly bakeMinutes?: number;
  readonly knowsHistory?: boolean;
  /** Another judge that differs in nothing but its false-alarm rate: it reads the same evidence. */
  readonly looser?: { readonly name: string; readonly falseAlarm: number };
}

/** Our judge by its public functions: a batch a step, a look at FAIL after each, and one at PASS a minute. */
export function ours(trace: Pick<Trace, 'minutes' | 'past'>, options: OurOptions): readonly Contender[] {
  const { name, rules, mayPass = false, bakeMinutes = 0, knowsHistory = true, looser } = options;
  let state = startOurs(trace, { rules, bakeMinutes, knowsHistory });
  let seen = -1;
  const take = (step: Step) => {
    if (step.to > seen) state = onBatch(state, batchOf(step));
    seen = step.to;
  };
  const see = (step: Step) => {
    take(step);
    if (state.failed !== null) return 'fail' as const;
    if (!mayPass || step.to % 60 !== 0 || !mayBeProven(state)) return null;
    const look = verdict(state, { now: step.to * 1000, deadline: trace.minutes * 60_000 + 1 });
    return look.decision === 'pass' ? ('pass' as const) : null;
  };
  if (looser === undefined) return [{ name, see }];
  const enough = -Math.log(looser.falseAlarm);
  const seeLooser = (step: Step) => {
    take(step);
    return combinedLog(state, rules) >= enough ? ('fail' as const) : null;
  };
  return [
    { name, see },
    { name: looser.name, see: seeLooser },
  ];
}

/** The verdict's evidence for people is dear, and not looked at while no metric can pass. */
function mayBeProven(state: JudgeState): boolean {
  return Object.values(state.metrics).every(
    (metric) => standingOf(metric).logPass >= -Math.log(state.falsePass),
  );
}

export function startOurs(
  { minutes, past }: Pick<Trace, 'minutes' | 'past'>,
  options: {
    readonly rules: JudgeRules;
    readonly bakeMinutes: number;
    readonly knowsHistory: boolean;
    readonly share?: number;
  },
): JudgeState {
  const history = Object.fromEntries(
    Object.entries(past).flatMap(([metric, { counts }]) => (counts === undefined ? [] : [[metric, counts]])),
  );
  const readings = Object.fromEntries(
    Object.entries(past).map(([metric, { readings = [] }]) => [metric, readings] as const),
  );
  const latencies = Object.fromEntries(
    Object.entries(past).map(
      ([metric, { latencies = [] }]) => [metric, latencies.map((values) => ({ values }))] as const,
    ),
  );
  return startJudge(options.rules, {
    at: 0,
    plannedMs: minutes * 60_000,
    bakeMs: options.bakeMinutes * 60_000,
    share: options.share ?? null,
    ...(options.knowsHistory ? { history, latencies, readings } : {}),
  });
}

/** The combined evidence of FAIL against its limit, in nats. */
export function combinedLog(state: JudgeState, rules: JudgeRules): number {
  const logs = Object.entries(state.metrics).map(
    ([name, metric]) => [name, standingOf(metric).logFail] as const,
  );
  return combine(budgetOf(rules), Object.fromEntries(logs));
}

export function batchOf({ from, to, metrics }: Step) {
  const batches = Object.entries(metrics).map(([name, found]) => [name, metricBatch(found)] as const);
  return { from: from * 1000, to: to * 1000, metrics: Object.fromEntries(batches) };
}

function metricBatch(found: Measurement): MetricBatch {
  if (found.kind !== 'latency') return found;
  const { canary, baseline }: Arms<readonly number[]> = found;
  const sample = (values: readonly number[] | null) => (values === null ? null : { values });
  return { kind: 'latency', canary: sample(canary), baseline: sample(baseline) };
}
