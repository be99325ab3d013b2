import type { Http } from '../../src/host/contract.js';
import type { CountSample, MetricSource, PastBatches, Span } from '../../src/metrics/contract.js';
import type { Metric } from '../../src/plan/plan.js';
import type { Ports } from '../../src/stages/context.js';
import { createTraffic } from '../../src/traffic/registry.js';
import { simulatedBackup } from './backup.js';
import { type GithubOptions, simulatedGithub } from './github.js';
import type { Machine } from './machine.js';
import type { Platform } from './platform.js';
import type { StepProcess } from './step-process.js';

export interface PortsOptions extends GithubOptions {
  readonly machine: Machine;
  readonly platform: Platform;
  readonly shared: Pick<Ports, 'clock' | 'log' | 'redactor'>;
  /** Called when a rollback is about to swap the data. */
  readonly onSwap: (rollback: string) => void;
}

const PER_SECOND = 100;
const NOTHING_SEEN = { canary: null, baseline: null, problem: 'no answer' };

/** The ports of one step, over the simulated outside. */
export function simulatedPorts(options: PortsOptions): Ports {
  const { process, machine, platform, shared } = options;
  const scripts = machine.scripts(process);
  return {
    ...shared,
    scripts,
    http: httpOf(process, platform),
    metrics: metricsOf(options),
    // The simulated plans ask for none.
    evidence: { expect: async () => ({ collect: async () => [] }) },
    backup: simulatedBackup({ ...options, data: platform.data }),
    github: simulatedGithub(options),
    traffic: (traffic, env) => createTraffic(traffic, { scripts, env }),
  };
}

/** `https://canary/` and `https://stable/` answer as the version behind them does. */
function httpOf(process: StepProcess, platform: Platform): Http {
  return {
    request: ({ url, timeoutMs }) =>
      process.call({
        port: 'http.request',
        work: () => {
          const version = url.startsWith('https://canary/') ? platform.canary : platform.stable;
          return { status: version === null ? 503 : 200, body: version ?? '', isCut: false, date: null };
        },
        fail: () => {
          throw new Error('the connection was refused (simulated)');
        },
        patienceMs: timeoutMs,
      }),
  };
}

/**
 * A probe counts what the version behind a target does at that moment; Prometheus remembers what was there, and is
 * asked live by the same intervals.
 */
function metricsOf({ process, platform, time }: PortsOptions): MetricSource {
  return {
    hasHistory: ({ source }) => source.kind === 'prometheus',
    history: ({ metrics, from, to, everyMs }) =>
      process.call<Readonly<Record<string, PastBatches>>>({
        port: 'metrics.history',
        about: `${(to - from) / 1000} s`,
        work: () =>
          Object.fromEntries(
            metrics.map(({ name, source }) => [
              name,
              source.kind === 'prometheus'
                ? remembered(platform, { from, to, everyMs })
                : { problem: 'a probe has no history' },
            ]),
          ),
        fail: () => Object.fromEntries(metrics.map(({ name }) => [name, { problem: 'no answer' }])),
        patienceMs: 10_000,
      }),
    async measure({ metrics, signal, everyMs, onBatch }) {
      const { fault } = process.next('metrics.measure');
      if (fault) process.tell(`metrics.measure  <- ${fault.kind}`);
      if (fault?.kind === 'crash-before') return process.crash(fault);
      const blind = fault?.kind === 'error-before' || fault?.kind === 'hang';
      const source = metrics[0]?.source;
      // Of a probe a few seconds at once: more batches would say the same and take longer.
      const lengthMs = source?.kind === 'prometheus' ? source.everyMs : 5 * everyMs;
      if (source?.kind === 'prometheus')
        await process.sleep(Math.ceil(time.now / 1000) * 1000 - time.now, signal);
      while (!signal.aborted) {
        const from = time.now;
        await process.sleep(lengthMs, signal);
        const span = { from, to: time.now };
        if (source?.kind === 'prometheus' && span.to - from < lengthMs) break;
        for (const metric of metrics) {
          const arms = blind ? NOTHING_SEEN : countedBy(platform, metric, span);
          onBatch(metric.name, { kind: 'errors', ...span, ...arms });
        }
      }
      if (fault?.kind === 'crash-after') return process.crash(fault);
    },
  };
}

function remembered(
  platform: Platform,
  { from, to, everyMs }: { readonly from: number; readonly to: number; readonly everyMs: number },
): PastBatches {
  return Array.from({ length: Math.floor((to - from) / everyMs) }, (_, index) => {
    const span = { from: from + index * everyMs, to: from + (index + 1) * everyMs };
    return { kind: 'errors' as const, ...span, ...countedAt(platform, span) };
  });
}

function countedBy(platform: Platform, { source }: Metric, span: Span) {
  if (source.kind === 'prometheus') return countedAt(platform, span);
  if (source.kind !== 'probe')
    throw new Error(`the simulated service is probed, not asked by ${source.kind}`);
  return {
    canary: sampleOf(platform, versionAt(source.canary.url, platform), span),
    baseline: source.baseline && sampleOf(platform, versionAt(source.baseline.url, platform), span),
  };
}

/** By what was there when the interval began. */
function countedAt(platform: Platform, span: Span) {
  const { canary, stable } = platform.at(span.from);
  return { canary: sampleOf(platform, canary, span), baseline: sampleOf(platform, stable, span) };
}

function versionAt(url: string, platform: Platform): string | null {
  return url.startsWith('https://canary/') ? platform.canary : platform.stable;
}

function sampleOf(platform: Platform, version: string | null, { from, to }: Span): CountSample | null {
  const health = version === null ? 'silent' : platform.healthOf(version, from);
  if (health === 'silent') return null;
  const seconds = Math.max(0, (to - from) / 1000);
  if (health === 'rare') return { total: seconds / 1000, failed: 0 };
  const total = Math.floor(PER_SECOND * seconds);
  return { total, failed: health === 'bad' ? Math.floor(total / 3) : 0 };
}
