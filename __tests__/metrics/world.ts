import { mkdtempSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { createClock } from '../../src/host/clock.js';
import type { Clock, Scripts } from '../../src/host/contract.js';
import { createHttp } from '../../src/host/http.js';
import type { Batch, PastBatches } from '../../src/metrics/contract.js';
import type { SourcePorts } from '../../src/metrics/driver.js';
import { createSources } from '../../src/metrics/sources.js';
import type {
  HttpJsonSource,
  Metric,
  PrometheusSource,
  Queries,
  ScriptSource,
  Source,
} from '../../src/plan/plan.js';
import { expand } from '../../src/plan/variables.js';

export type Env = Readonly<Record<string, string>>;

export function metricOf(source: Source, kind: Metric['kind'] = 'gauge', name: string = kind): Metric {
  return {
    name,
    kind,
    source,
    worseBy: null,
    limit: 0.01,
    quantile: 0.95,
    better: 'lower',
    importance: 'normal',
    minimumSamples: 1,
  };
}

export function errors(failed: string, total: string): Queries {
  return { kind: 'errors', failed, total };
}

export function latency(buckets: string): Queries {
  return { kind: 'latency', buckets };
}

export function gauge(value: string): Queries {
  return { kind: 'gauge', value };
}

export function prometheus(
  url: string,
  arms: { readonly canary: Queries; readonly baseline?: Queries | null },
  more: Partial<PrometheusSource> = {},
): PrometheusSource {
  return {
    kind: 'prometheus',
    url,
    path: '/api/v1',
    headers: {},
    tenant: null,
    caFile: null,
    everyMs: 1000,
    delayMs: 0,
    timeoutMs: 2000,
    unit: 's',
    canary: arms.canary,
    baseline: arms.baseline ?? null,
    ...more,
  };
}

export function httpJson(
  url: string,
  arms: { readonly canary?: Queries; readonly baseline?: Queries },
  more: Partial<HttpJsonSource> = {},
): HttpJsonSource {
  return {
    kind: 'http-json',
    preset: null,
    url,
    method: 'GET',
    headers: {},
    body: null,
    path: null,
    account: null,
    caFile: null,
    everyMs: 1000,
    delayMs: 0,
    timeoutMs: 2000,
    canary: arms.canary ?? null,
    baseline: arms.baseline ?? null,
    ...more,
  };
}

export function script(
  run: string,
  more: Partial<ScriptSource> & { readonly timeoutMs?: number } = {},
): ScriptSource {
  const { timeoutMs = 5000, everyMs = 1000 } = more;
  return { kind: 'run', run: { run, timeoutMs }, everyMs };
}

/** The real ports, but for what is given. */
export function portsOf({
  env = {},
  clock = createClock(),
  scripts = noScripts,
  workspace = tmpdir(),
}: {
  readonly env?: Env;
  readonly clock?: Clock;
  readonly scripts?: Scripts;
  readonly workspace?: string;
} = {}): SourcePorts {
  return {
    clock,
    http: createHttp(),
    scripts,
    workspace,
    expand(text) {
      const result = expand(text, env);
      if ('missing' in result)
        throw new Error(`${text} names ${result.missing.join(', ')}, which is not set`);
      return result.text;
    },
  };
}

const noScripts: Scripts = {
  run: () => Promise.reject(new Error('this test runs no scripts')),
};

/** A clock in which waiting takes no time: `sleep` moves it on. It begins at a whole second. */
export function fastClock(): Clock & { readonly at: () => number; move(ms: number): void } {
  let now = Math.ceil(Date.now() / 1000) * 1000;
  return {
    now: () => now,
    at: () => now,
    move(ms) {
      now += ms;
    },
    async sleep(ms, signal) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!signal?.aborted) now += Math.max(0, ms);
    },
  };
}

/** Measures until there are so many batches of the first metric, or until the time is over. */
export async function measure(
  ports: SourcePorts,
  metrics: readonly Metric[],
  options: {
    readonly batches?: number;
    readonly forMs?: number;
    readonly wave?: string;
    readonly env?: Env;
  } = {},
): Promise<ReadonlyMap<string, readonly Batch[]>> {
  const { batches = Infinity, forMs = 20_000, wave = null, env = {} } = options;
  const found = new Map<string, Batch[]>(metrics.map(({ name }) => [name, []]));
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), forMs);
  await createSources(ports).measure({
    metrics,
    wave,
    env,
    // Of the probe, which has no interval of its own.
    everyMs: 100,
    signal: enough.signal,
    onBatch(name, batch) {
      found.get(name)?.push(batch);
      if ([...found.values()].every(({ length }) => length >= batches)) enough.abort();
    },
  });
  clearTimeout(timer);
  return found;
}

/** The batches of one metric. */
export async function measureOne(
  ports: SourcePorts,
  metric: Metric,
  options: Parameters<typeof measure>[2] = {},
): Promise<readonly Batch[]> {
  return (await measure(ports, [metric], options)).get(metric.name) ?? [];
}

export async function historyOf(
  ports: SourcePorts,
  metric: Metric,
  past: {
    readonly from: number;
    readonly to: number;
    readonly everyMs: number;
    readonly wave?: string;
    readonly signal?: AbortSignal;
  },
): Promise<PastBatches> {
  const found = await createSources(ports).history({
    metrics: [metric],
    wave: null,
    env: {},
    signal: new AbortController().signal,
    ...past,
  });
  return found[metric.name] ?? { problem: 'the source said nothing' };
}

export interface Answering {
  readonly url: string;
  close(): void;
}

export async function serve(listener: RequestListener): Promise<Answering> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export function temporaryDirectory(): string {
  return mkdtempSync(`${tmpdir()}/metrics-`);
}
