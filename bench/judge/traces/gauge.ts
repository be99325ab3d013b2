import { normal, type Random, student3 } from '../random.js';
import type { Step, Trace } from '../trace.js';

/** Readings of two arms about a common drift, each with noise of its own that has a memory. */
export interface GaugeWorld {
  readonly pairs: number;
  readonly noise: 'normal' | 't3';
  /** The lag-one correlation of each arm's noise. */
  readonly memory: number;
  /** The canary against the baseline, from a pair on. */
  readonly times: number;
  readonly from?: number;
  readonly historyPairs: number;
  /** The canary's noise in units of the baseline's: a canary of one pod has more of it. */
  readonly canaryNoise?: number;
}

/** The noise of one arm's reading, as a part of it. */
export const GAUGE_NOISE = 0.05;
const LEVEL = 100;
/** A daily curve and a slow walk that hit both arms. */
const SWING = 0.1;
const WALK = 0.005;

export function gaugeTrace(world: GaugeWorld, random: Random): Trace {
  const arms = { canary: noiseOf(world, random), baseline: noiseOf(world, random) };
  const drift = driftOf(random);
  const readings = Array.from(
    { length: world.historyPairs },
    () => LEVEL * Math.exp(drift() + arms.baseline()),
  );
  return {
    minutes: world.pairs,
    past: { gauge: { readings } },
    steps: stepsOf(world, arms, drift),
  };
}

function* stepsOf(
  { pairs, times, from = 0, canaryNoise = 1 }: GaugeWorld,
  arms: { readonly canary: () => number; readonly baseline: () => number },
  drift: () => number,
): Iterable<Step> {
  for (let i = 0; i < pairs; i++) {
    const level = LEVEL * Math.exp(drift());
    const canary = level * Math.exp(canaryNoise * arms.canary()) * (i >= from ? times : 1);
    const baseline = level * Math.exp(arms.baseline());
    yield { from: i * 60, to: (i + 1) * 60, metrics: { gauge: { kind: 'gauge', canary, baseline } } };
  }
}

/** An autoregression whose values have the same spread from the start on. */
function noiseOf({ noise, memory }: GaugeWorld, random: Random): () => number {
  const draw = () => (noise === 't3' ? student3(random) : normal(random));
  let value = 0;
  for (let i = 0; i < 30; i++) value = memory * value + Math.sqrt(1 - memory * memory) * draw();
  return () => {
    value = memory * value + Math.sqrt(1 - memory * memory) * draw();
    return GAUGE_NOISE * value;
  };
}

function driftOf(random: Random): () => number {
  const phase = random() * 2 * Math.PI;
  let [minute, walk] = [0, 0];
  return () => {
    walk += WALK * normal(random);
    minute += 1;
    return SWING * Math.sin((2 * Math.PI * minute) / 1440 + phase) + walk;
  };
}
