import type { Finding } from '../finding.js';
import type { Plan } from '../plan.js';

/** What makes a canary one that moves nothing, or not step by step. */

export function canaryDoesSomething({ canary }: Plan): Finding[] {
  if (canary === null || canary.run !== null || canary.ready !== null || canary.traffic !== null) return [];
  if (canary.steps.length > 0) return [];
  return [
    {
      path: ['canary'],
      rule: 'A canary runs something or moves traffic',
      remedy: 'Give it `run`, or `traffic` and `steps`, or remove it.',
    },
  ];
}

export function stepsMoveTraffic({ canary }: Plan): Finding[] {
  if (canary === null) return [];
  if (canary.steps.length > 0 && canary.traffic === null) {
    return [
      {
        path: ['canary', 'traffic'],
        rule: 'Steps need a script that moves traffic',
        remedy:
          'Add `traffic: {run: ./route.sh, read: ./route.sh --show}`; the weight is in `$RELEASE_WEIGHT`.',
      },
    ];
  }
  if (canary.steps.length === 0 && canary.traffic !== null) {
    return [
      {
        path: ['canary', 'steps'],
        rule: 'Traffic is moved in steps, and there are none',
        remedy:
          'Add for example `steps: [{weight: 5, for: 10m}, {weight: 25, for: 10m}, {weight: 50, for: 10m}]`.',
      },
    ];
  }
  return [];
}

export function weightsRise({ canary }: Plan): Finding[] {
  const steps = canary?.steps ?? [];
  return steps.flatMap(({ weight }, index) => {
    const before = steps[index - 1]?.weight ?? 0;
    if (weight > before) return [];
    return [
      {
        path: ['canary', 'steps', index, 'weight'],
        rule: `Weights rise from step to step, and the step before has ${before}`,
        remedy: 'Write the weights in rising order, each once, for example 5, 25, 50.',
      },
    ];
  });
}
