import type { Clock } from '../host/contract.js';
import type { MetricKind, ProbeSpec } from '../plan/plan.js';
import { type Arm, type ArmSample, createArm } from './arm.js';
import type { Batch, Measurement } from './contract.js';
import type { Driver, MetricOf } from './driver.js';
import { keepPace } from './pace.js';
import { type StallWatch, watchForStalls } from './stalls.js';
import { prepareTarget } from './target.js';

/** How long requests may still end after the measurement has. */
const LAST_ANSWERS_MS = 2000;

export interface ProbeOptions {
  readonly clock: Clock;
  /** Puts the values of `${NAME}` into URLs and header values; throws an `Error` when one is missing. */
  readonly expand: (text: string) => string;
}

/**
 * The built-in probe: both arms get the same requests at the same times and at a fixed rate (open loop), and
 * latency counts from when a request was due. Where this runner itself was held up, it says so instead of
 * blaming the service.
 */
export function createProbe(options: ProbeOptions): Driver<'probe'> {
  return {
    async measure(measurement) {
      const stalls = watchForStalls();
      try {
        const groups = groupBySpec(measurement.metrics);
        await Promise.all(
          groups.map((group) => measureGroup({ ...options, ...measurement, ...group, stalls })),
        );
      } finally {
        stalls.stop();
      }
    },
    past: null,
  };
}

interface Group {
  readonly spec: ProbeSpec;
  readonly metrics: readonly Shared[];
}

type Shared = Pick<MetricOf<'probe'>, 'name' | 'kind'>;

/** Metrics with an equal spec share one set of requests. */
function groupBySpec(metrics: readonly MetricOf<'probe'>[]): Group[] {
  const groups = new Map<string, { spec: ProbeSpec; metrics: Shared[] }>();
  for (const { name, kind, source } of metrics) {
    const key = canonical(source);
    const group = groups.get(key) ?? { spec: source, metrics: [] };
    group.metrics.push({ name, kind });
    groups.set(key, group);
  }
  return [...groups.values()];
}

async function measureGroup(
  options: ProbeOptions &
    Omit<Measurement, 'metrics' | 'wave' | 'env'> &
    Group & { readonly stalls: StallWatch },
): Promise<void> {
  const { clock, spec, metrics, signal, everyMs, onBatch, stalls } = options;
  const canary = prepareArm('canary', options);
  const baseline = prepareArm('baseline', options);
  const arms = [canary, baseline].flatMap(({ arm }) => (arm === null ? [] : [arm]));
  const missed = { count: 0 };
  let from = clock.now();

  function handOver(): void {
    // A clock that was set back must not make time stand still: batches are intervals.
    const to = Math.max(from + 1, clock.now());
    const taken = takeBoth({ canary, baseline, missed: missed.count });
    for (const { name, kind } of metrics) onBatch(name, batchOf(kind, { from, to }, taken));
    from = to;
    missed.count = 0;
  }

  const timer = setInterval(handOver, everyMs);
  for (const arm of arms) arm.warmUp();
  await keepPace({
    perSecond: spec.perSecond,
    signal,
    stalls,
    // The arms take turns in going first, so that neither is always the one that waits for the other.
    fire: (scheduledAt, index) => {
      for (const arm of index % 2 === 0 ? arms : arms.toReversed()) arm.fire(scheduledAt);
    },
    onMissed: (count) => {
      missed.count += count;
    },
  });
  clearInterval(timer);
  await Promise.all(arms.map((arm) => arm.finish(LAST_ANSWERS_MS)));
  handOver();
}

interface PreparedArm {
  readonly arm: Arm | null;
  readonly problem: string | null;
}

function prepareArm(
  name: 'canary' | 'baseline',
  options: Pick<ProbeOptions, 'expand'> & { readonly spec: ProbeSpec; readonly stalls: StallWatch },
): PreparedArm {
  const wanted = options.spec[name];
  if (wanted === null) return { arm: null, problem: null };
  const target = prepareTarget(name, wanted, options.expand);
  return 'problem' in target
    ? { arm: null, problem: target.problem }
    : { arm: createArm({ ...options, target }), problem: null };
}

interface Taken {
  readonly canary: ArmSample | null;
  readonly baseline: ArmSample | null;
  readonly problem: string | null;
}

function takeBoth(parts: {
  readonly canary: PreparedArm;
  readonly baseline: PreparedArm;
  readonly missed: number;
}): Taken {
  const canary = takeFrom(parts.canary, 'canary');
  const baseline = takeFrom(parts.baseline, 'baseline');
  const { missed } = parts;
  const heldUp = missed === 0 ? [] : [`this runner was held up, and ${missed} requests were not sent`];
  const problems = [...canary.problems, ...baseline.problems, ...heldUp];
  return { canary: canary.sample, baseline: baseline.sample, problem: problems.join('; ') || null };
}

/** The same requests, as each kind of metric sees them. */
function batchOf(
  kind: MetricKind,
  span: { readonly from: number; readonly to: number },
  { canary, baseline, problem }: Taken,
): Batch {
  const common = { ...span, ...(problem === null ? {} : { problem }) };
  if (kind === 'errors') return { ...common, kind, canary: countsOf(canary), baseline: countsOf(baseline) };
  if (kind === 'latency') return { ...common, kind, canary: valuesOf(canary), baseline: valuesOf(baseline) };
  return { ...common, kind, canary: null, baseline: null, problem: 'a probe reads no gauge' };
}

function countsOf(sample: ArmSample | null) {
  return sample === null ? null : { total: sample.total, failed: sample.failed, failures: sample.failures };
}

function valuesOf(sample: ArmSample | null) {
  return sample === null ? null : { values: sample.latenciesMs };
}

function takeFrom(
  { arm, problem }: PreparedArm,
  name: string,
): { sample: ArmSample | null; problems: string[] } {
  if (arm === null) return { sample: null, problems: problem === null ? [] : [problem] };
  const taken = arm.take();
  return { sample: taken.sample, problems: taken.problem === null ? [] : [`${name}: ${taken.problem}`] };
}

/** JSON with sorted keys, so that equal specs are equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
