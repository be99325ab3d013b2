import { settlesMs, templatesOf } from '../asked.js';
import { formatDuration } from '../duration.js';
import type { Finding } from '../finding.js';
import { leastRequests } from '../least-requests.js';
import { hasPlace } from '../places.js';
import type { Metric, Plan } from '../plan.js';
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

/** A place that stands for nothing would be an arm that is never measured. */
export function namesNoWave({ metrics }: Plan): Finding[] {
  return metrics.flatMap(({ name, source }) => {
    if (source.kind === 'probe' || source.kind === 'run') return [];
    if (!templatesOf(source).some((text) => hasPlace(text, ['wave']))) return [];
    return [
      {
        path: ['metrics', name, source.kind],
        rule: '`{{wave}}` stands for the wave of a canary, and this canary has none',
        found: '{{wave}}',
        remedy: 'Leave `{{wave}}` out, and ask for all regions together.',
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
    const before = steps.slice(0, index).map(({ forMs }) => forMs);
    const path = ['canary', 'steps', index, 'for'];
    if (mustPass && step.forMs === 0 && deciding.length > 0 && before.some((forMs) => forMs > 0))
      return [lastIsJudged(path)];
    return deciding.flatMap((metric) => {
      const unsettled = neverSettles({ path, metric, forMs: step.forMs });
      if (unsettled.length > 0 || !mustPass) return unsettled;
      return tooShort({ path, metric, forMs: step.forMs, before, mayContinue: !isLast });
    });
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
  const path = ['watch', 'for'];
  return decidingOf(watchedMetrics({ canary, metrics })).flatMap((watched) => {
    const metric = { ...watched, worseBy: null };
    const unsettled = neverSettles({ path, metric, forMs });
    return unsettled.length > 0
      ? unsettled
      : tooShort({ path, metric, forMs, before: [], mayContinue: false });
  });
}

function decidingOf(metrics: readonly Metric[]): readonly Metric[] {
  return metrics.filter(({ importance }) => importance !== 'advisory');
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

/** Samples of the canary, as far as the plan says: requests of a probe, readings of a gauge. */
interface Pace {
  /** How many come in a step. */
  readonly within: (forMs: number) => number;
  readonly timeFor: (samples: number) => number;
  readonly text: string;
}

function paceOf(metric: Metric): Pace | null {
  const { kind, source } = metric;
  if (source.kind === 'probe') {
    const perMs = (COUNTED_SHARE * source.perSecond) / 1000;
    return {
      within: (forMs) => forMs * perMs,
      timeFor: (samples) => samples / perMs,
      text: `at ${source.perSecond}/s`,
    };
  }
  if (kind !== 'gauge') return null;
  const { everyMs } = source;
  const firstMs = settlesMs(metric);
  return {
    within: (forMs) => (forMs < firstMs ? 0 : 1 + Math.floor((forMs - firstMs) / everyMs)),
    timeFor: (samples) => firstMs + (samples - 1) * everyMs,
    text: `read every ${formatDuration(everyMs)}`,
  };
}

interface Short {
  readonly path: Finding['path'];
  readonly metric: Metric;
  readonly forMs: number;
}

/** What begins at a weight is measured at it: a step that ends before the first interval is known has nothing. */
function neverSettles({ path, metric, forMs }: Short): Finding[] {
  const settles = settlesMs(metric);
  if (forMs === 0 || forMs >= settles) return [];
  return [
    {
      path,
      rule: `This time is too short for the metric \`${metric.name}\`: its first interval is known up to ${formatDuration(settles)} after the step began`,
      remedy: `Write at least \`${formatDuration(settles)}\`, or read it more often (\`every\`).`,
    },
  ];
}

function tooShort(options: Short & { readonly before: readonly number[]; readonly mayContinue: boolean }) {
  const { path, metric, forMs, before, mayContinue } = options;
  const pace = paceOf(metric);
  if (pace === null) return [];
  const least = leastRequests(metric);
  const needed = Math.max(metric.minimumSamples, least);
  const known = before.reduce((sum, one) => sum + pace.within(one), 0);
  // A sum of shares must not miss a whole number by its last digit.
  const samples = Math.floor(known + pace.within(forMs) + 1e-6);
  if (samples >= needed) return [];
  const seconds = Math.ceil(pace.timeFor(needed - known) / 1000);
  const what = metric.kind === 'gauge' ? 'readings' : 'requests';
  const until = before.some((one) => one > 0) ? ' until its end' : '';
  const change = least > metric.minimumSamples ? 'widen its `worse-by`' : 'lower its `minimum-samples`';
  return [
    {
      path,
      rule: `This time is too short for the metric \`${metric.name}\`: ${pace.text} about ${samples} ${what} count${until}, and ${needed} are needed before it can pass`,
      remedy: `Write at least \`${formatDuration(seconds * 1000)}\`, or ${metric.kind === 'gauge' ? 'read it more often (`every`)' : "raise the metric's `rate`"}, or ${change}${mayContinue ? ', or add `on-inconclusive: continue`, with which only the last step must pass' : ''}.`,
    },
  ];
}
