import type { Step } from './trace.js';

/** What a judge made of one trace. */
export interface Outcome {
  readonly decision: 'fail' | 'pass' | 'open';
  /** When it decided, in minutes; of an open one the end of the trace. */
  readonly minute: number;
  /** What the canary had been given until then, and how much of it had failed: what the decision cost users. */
  readonly requests: number;
  readonly failed: number;
}

/** A judge sees a trace step by step, and says so as soon as it has decided. */
export interface Contender {
  readonly name: string;
  /** What it decides with this step; null while it does not. Not asked again once it has. */
  readonly see: (step: Step) => 'fail' | 'pass' | null;
}

/** Lets all judges see the same trace. It is read no further than the last of them needs. */
export function compete(
  trace: { readonly minutes: number; readonly steps: Iterable<Step> },
  contenders: readonly Contender[],
): readonly Outcome[] {
  const outcomes = contenders.map((): Outcome | null => null);
  const cost = { requests: 0, failed: 0 };
  for (const step of trace.steps) {
    addCost(cost, step);
    contenders.forEach((contender, i) => {
      if (outcomes[i] !== null) return;
      const decision = contender.see(step);
      if (decision !== null) outcomes[i] = { decision, minute: step.to / 60, ...cost };
    });
    if (outcomes.every((outcome) => outcome !== null)) break;
  }
  return outcomes.map((outcome) => outcome ?? { decision: 'open', minute: trace.minutes, ...cost });
}

function addCost(cost: { requests: number; failed: number }, { metrics }: Step): void {
  for (const metric of Object.values(metrics)) {
    if (metric.kind === 'errors') {
      cost.requests += metric.canary?.total ?? 0;
      cost.failed += metric.canary?.failed ?? 0;
    }
    if (metric.kind === 'latency') cost.requests += metric.canary?.length ?? 0;
  }
}
