import { onBatch, verdict } from '../../../src/judge/judge.js';
import type { Cell, Scale } from '../cell.js';
import { batchOf, ours, startOurs } from '../ours.js';
import type { Contender } from '../outcome.js';
import type { Random } from '../random.js';
import { rulesFor } from '../rules.js';
import type { Counts, Step, Trace } from '../trace.js';
import { errorsTrace } from '../traces/errors.js';

const MINUTES = 60;
const rate = () => 0.01;

/** What a source gives in place of an arm's sound counts. */
type Fault = (sound: Counts, minute: number) => Counts | null;

/** Most of what comes of one arm is broken: nothing of it may pass, and nothing crash. */
const FAULTS: Readonly<Record<string, { readonly arm: 'canary' | 'baseline'; readonly fault: Fault }>> = {
  'NaN in place of failures': {
    arm: 'canary',
    fault: mostly(({ total }) => ({ total, failed: Number.NaN })),
  },
  'a counter that goes back': {
    arm: 'canary',
    fault: mostly(({ total, failed }) => ({ total: -total, failed })),
  },
  'more failed than all': { arm: 'canary', fault: mostly(({ total }) => ({ total, failed: total + 1 })) },
  'no canary': { arm: 'canary', fault: () => null },
  'no baseline': { arm: 'baseline', fault: () => null },
};

export function faultCells({ delay }: Scale): readonly Cell[] {
  const cellOf = (id: string, of: Pick<Cell, 'trace' | 'contenders'>): Cell => {
    return { family: 'faults', id: `faults: ${id}`, facts: { change: id }, runs: delay, ...of };
  };
  const broken = Object.entries(FAULTS).map(([id, { arm, fault }]) =>
    cellOf(id, {
      trace: (random) => withFault(soundTrace(0.5, random), (step) => spoil(step, arm, fault)),
      contenders: (trace) =>
        ours(trace, { name: 'ours', rules: rulesFor('errors', { falseAlarm: 0.01 }), mayPass: true }),
    }),
  );
  const shares = [0.5, 0.45].map((share) =>
    cellOf(`${100 * share}% of the requests where 50% were configured`, {
      trace: (random) => soundTrace(share, random),
      contenders: (trace) => [trafficWarning(trace)],
    }),
  );
  return [...broken, ...shares];
}

function soundTrace(share: number, random: Random): Trace {
  const world = { minutes: MINUTES, rps: 20, everySeconds: 60, historyMinutes: 60, metrics: 1 } as const;
  return errorsTrace({ ...world, share: () => share, baseline: rate, canary: rate, scatter: 'iid' }, random);
}

function withFault(trace: Trace, change: (step: Step) => Step): Trace {
  function* steps(): Iterable<Step> {
    for (const step of trace.steps) yield change(step);
  }
  return { ...trace, steps: steps() };
}

function spoil(step: Step, arm: 'canary' | 'baseline', fault: Fault): Step {
  const found = step.metrics.errors;
  const sound = found?.kind === 'errors' ? found[arm] : null;
  if (found?.kind !== 'errors' || sound === null) return step;
  return { ...step, metrics: { errors: { ...found, [arm]: fault(sound, step.from / 60) } } };
}

/** Two minutes of three. */
function mostly(fault: (sound: Counts) => Counts): Fault {
  return (sound, minute) => (minute % 3 < 2 ? fault(sound) : sound);
}

/** Fails where the judge says that the traffic is not split as configured. */
function trafficWarning(trace: Trace): Contender {
  const rules = rulesFor('errors', { falseAlarm: 0.01 });
  let state = startOurs(trace, { rules, bakeMinutes: 0, knowsHistory: true, share: 0.5 });
  return {
    name: 'warning of the split',
    see: (step) => {
      state = onBatch(state, batchOf(step));
      const look = verdict(state, { now: step.to * 1000, deadline: Number.MAX_SAFE_INTEGER });
      return look.traffic.isSuspicious ? 'fail' : null;
    },
  };
}
