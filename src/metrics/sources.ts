import type { Metric, SourceKind } from '../plan/plan.js';
import type { MetricSource, Past, PastBatches } from './contract.js';
import type { Driver, MetricOf, SourcePorts } from './driver.js';
import { createHttpJson } from './http-json.js';
import { createProbe } from './probe.js';
import { createPrometheus } from './prometheus.js';
import { createRun } from './run.js';

type Drivers = { readonly [K in SourceKind]: Driver<K> };

/** All sources behind one contract: each metric goes to the driver of its source, and they measure side by side. */
export function createSources(ports: SourcePorts): MetricSource {
  const drivers: Drivers = {
    probe: createProbe(ports),
    prometheus: createPrometheus(ports),
    'http-json': createHttpJson(ports),
    run: createRun(ports),
  };
  return {
    async measure(measurement) {
      const groups = KINDS.map((kind) => measureGroup(kind, drivers, measurement));
      await Promise.all(groups);
    },
    hasHistory: (metric) => hasPast(drivers, metric),
    async history(past) {
      const groups = await Promise.all(KINDS.map((kind) => historyOf(kind, drivers, past)));
      return Object.assign({}, ...groups);
    },
  };
}

const KINDS = ['probe', 'prometheus', 'http-json', 'run'] as const satisfies readonly SourceKind[];

async function measureGroup<K extends SourceKind>(
  kind: K,
  drivers: Drivers,
  measurement: Parameters<MetricSource['measure']>[0],
): Promise<void> {
  const metrics = measurement.metrics.filter((metric) => isOf(metric, kind));
  if (metrics.length > 0) await drivers[kind].measure({ ...measurement, metrics });
}

async function historyOf<K extends SourceKind>(
  kind: K,
  drivers: Drivers,
  past: Past,
): Promise<Readonly<Record<string, PastBatches>>> {
  const metrics = past.metrics.filter((metric) => isOf(metric, kind));
  if (metrics.length === 0) return {};
  const known = metrics.filter((metric) => drivers[kind].past?.has(metric));
  const found = known.length === 0 ? {} : await drivers[kind].past?.history({ ...past, metrics: known });
  const none = { problem: 'this source knows only the present' };
  return Object.fromEntries(metrics.map(({ name }) => [name, found?.[name] ?? none]));
}

function hasPast(drivers: Drivers, metric: Metric): boolean {
  return KINDS.some((kind) => isOf(metric, kind) && hasPastOf(kind, drivers, metric));
}

function hasPastOf<K extends SourceKind>(kind: K, drivers: Drivers, metric: MetricOf<K>): boolean {
  return drivers[kind].past?.has(metric) ?? false;
}

function isOf<K extends SourceKind>(metric: Metric, kind: K): metric is MetricOf<K> {
  return metric.source.kind === kind;
}
