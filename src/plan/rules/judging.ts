import { formatDuration } from '../duration.js';
import type { Finding } from '../finding.js';
import { leastRequests } from '../least-requests.js';
import type { Metric, Plan, Step } from '../plan.js';
import { watchedMetrics } from '../watched.js';

/** What makes a plan one that nothing could pass, or that judges nothing. */

export function stepsAreJudged({ canary, metrics }: Plan): Finding[] {
  const steps = canary?.steps ?? [];
  if (decidingOf(metrics).length > 0 || steps.every(({ forMs }) => forMs === 0)) return [];
  const path = ['canary', 'steps'];
  if (metrics.length > 0) {
    return [
      {
        path,
        rule: 'Steps that take time need a metric that decides, and all of them are advisory',
        remedy: 'Give one of them another `importance`, or write `for: 0` in every step.',
      },
    ];
  }
  return [
    {
      path,
      rule: 'Steps that take time need a metric that judges them',
      remedy:
        'Add `metrics`, or the input `canary-url`. To move traffic without judging, write `for: 0` in every step.',
    },
  ];
}

/** In a watch a metric is compared with its own past; beside a canary it needs the other version. */
export function comparesTwoArms({ canary, metrics }: Plan): Finding[] {
  if ((canary?.steps ?? []).every(({ forMs }) => forMs === 0)) return [];
  return metrics.flatMap(({ name, worseBy, source }) => {
    if (worseBy === null || source.kind === 'run' || source.baseline !== null) return [];
    return [
      {
        path: ['metrics', name, 'worse-by'],
        rule: '`worse-by` compares with the version in service, and the source does not say where that is',
        remedy: `Add \`baseline\` to \`${source.kind}\`, or judge the metric by a \`limit\` alone.`,
      },
    ];
  });
}

/**
 * Evidence adds up over the steps. A step that ends without enough of it takes the release back, unless the plan says
 * to continue; the last one always needs enough.
 */
export function stepsAreLongEnough({ canary, metrics }: Plan): Finding[] {
  const steps = canary?.steps ?? [];
  const deciding = decidingOf(metrics);
  return steps.flatMap((step, index) => {
    const isLast = index === steps.length - 1;
    const mustPass = isLast || (step.forMs > 0 && canary?.onInconclusive !== 'continue');
    if (!mustPass) return [];
    const beforeMs = sumOf(steps.slice(0, index));
    const path = ['canary', 'steps', index, 'for'];
    if (step.forMs === 0 && deciding.length > 0 && beforeMs > 0) return [lastIsJudged(path)];
    return deciding.flatMap((metric) =>
      tooShort({ path, metric, forMs: step.forMs, beforeMs, mayContinue: !isLast }),
    );
  });
}

export function watchesSomething({ watch, ready, metrics, canary }: Plan): Finding[] {
  const watched = decidingOf(watchedMetrics({ canary, metrics })).length > 0;
  if (watch === null || watch.forMs === 0 || ready !== null || watched) return [];
  if (decidingOf(metrics).length > 0) {
    return [
      {
        path: ['watch'],
        rule: 'A watch needs something to watch: after the promotion the canary is retired, and no metric knows where the service is',
        remedy: 'Give the metrics a `baseline`, or add `ready`, or remove `watch`.',
      },
    ];
  }
  return [
    {
      path: ['watch'],
      rule: 'A watch needs something to watch',
      remedy: 'Add `ready` or `metrics`, or remove `watch`.',
    },
  ];
}

/** A watch only asks that nothing is found against the version, on enough samples to have found it. */
export function watchIsLongEnough({ watch, metrics, canary }: Plan): Finding[] {
  if (watch === null || watch.forMs === 0) return [];
  const { forMs } = watch;
  return decidingOf(watchedMetrics({ canary, metrics })).flatMap((metric) =>
    tooShort({
      path: ['watch', 'for'],
      metric: { ...metric, worseBy: null },
      forMs,
      beforeMs: 0,
      mayContinue: false,
    }),
  );
}

function decidingOf(metrics: readonly Metric[]): readonly Metric[] {
  return metrics.filter(({ importance }) => importance !== 'advisory');
}

function sumOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { forMs }) => sum + forMs, 0);
}

function lastIsJudged(path: Finding['path']): Finding {
  return {
    path,
    rule: 'A step without time is judged together with the next one, and after the last there is none',
    remedy: 'Give it a time, for example `10m`, or remove the step.',
  };
}

/**
 * Of the requests that fit into a time, some never count: the first connection, those that the end cuts off, those
 * that a busy runner sends late. A plan that could pass only if all of them did would fail by chance.
 */
const COUNTED_SHARE = 0.9;

/** How fast samples of the canary come, as far as the plan says: requests of a probe, readings of a gauge. */
function paceOf({ kind, source }: Metric): { readonly perSecond: number; readonly text: string } | null {
  if (source.kind === 'probe') {
    return { perSecond: COUNTED_SHARE * source.perSecond, text: `at ${source.perSecond}/s` };
  }
  if (kind !== 'gauge') return null;
  return { perSecond: 1000 / source.everyMs, text: `read every ${formatDuration(source.everyMs)}` };
}

function tooShort(options: {
  readonly path: Finding['path'];
  readonly metric: Metric;
  readonly forMs: number;
  readonly beforeMs: number;
  readonly mayContinue: boolean;
}): Finding[] {
  const { path, metric, forMs, beforeMs, mayContinue } = options;
  const pace = paceOf(metric);
  if (pace === null) return [];
  const least = leastRequests(metric);
  const needed = Math.max(metric.minimumSamples, least);
  const samples = Math.floor(((beforeMs + forMs) * pace.perSecond) / 1000);
  if (samples >= needed) return [];
  const seconds = Math.ceil(needed / pace.perSecond) - Math.floor(beforeMs / 1000);
  const what = metric.kind === 'gauge' ? 'readings' : 'requests';
  const until = beforeMs > 0 ? ' until its end' : '';
  const change = least > metric.minimumSamples ? 'widen its `worse-by`' : 'lower its `minimum-samples`';
  return [
    {
      path,
      rule: `This time is too short for the metric \`${metric.name}\`: ${pace.text} about ${samples} ${what} count${until}, and ${needed} are needed before it can pass`,
      remedy: `Write at least \`${formatDuration(seconds * 1000)}\`, or ${metric.kind === 'gauge' ? 'read it more often (`every`)' : "raise the metric's `rate`"}, or ${change}${mayContinue ? ', or add `on-inconclusive: continue`, with which only the last step must pass' : ''}.`,
    },
  ];
}
