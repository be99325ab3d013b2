import type { BackupResult, BackupRunner } from '../../src/backup/contract.js';
import type { Http } from '../../src/host/contract.js';
import type { CountSample, MetricSource } from '../../src/metrics/contract.js';
import type { Metric } from '../../src/plan/plan.js';
import type { Ports } from '../../src/stages/context.js';
import { createTraffic } from '../../src/traffic/registry.js';
import { type GithubOptions, simulatedGithub } from './github.js';
import type { Machine } from './machine.js';
import type { Platform } from './platform.js';
import type { StepProcess } from './step-process.js';

export interface PortsOptions extends GithubOptions {
  readonly machine: Machine;
  readonly platform: Platform;
  readonly shared: Pick<Ports, 'clock' | 'log' | 'redactor'>;
}

const PER_SECOND = 100;
const NO_SOURCES = { sources: [], notes: [], showsParts: false };
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
    backup: backupOf(process),
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

/** Counts as a probe would: by what the version behind a target does at that moment. */
function metricsOf({ process, platform, time }: PortsOptions): MetricSource {
  return {
    hasHistory: () => false,
    history: async ({ metrics }) =>
      Object.fromEntries(metrics.map(({ name }) => [name, { problem: 'a probe has no history' }])),
    async measure({ metrics, signal, everyMs, onBatch }) {
      const { fault } = process.next('metrics.measure');
      if (fault) process.tell(`metrics.measure  <- ${fault.kind}`);
      if (fault?.kind === 'crash-before') return process.crash(fault);
      const blind = fault?.kind === 'error-before' || fault?.kind === 'hang';
      while (!signal.aborted) {
        const from = time.now;
        // A few seconds at once: more batches would say the same and take longer.
        await process.sleep(5 * everyMs, signal);
        const span = { from, to: time.now };
        for (const metric of metrics) {
          const seconds = Math.max(0, (span.to - from) / 1000);
          const arms = blind ? NOTHING_SEEN : countedBy(platform, metric, seconds);
          onBatch(metric.name, { kind: 'errors', ...span, ...arms });
        }
      }
      if (fault?.kind === 'crash-after') return process.crash(fault);
    },
  };
}

function countedBy(platform: Platform, { source }: Metric, seconds: number) {
  if (source.kind !== 'probe')
    throw new Error(`the simulated service is probed, not asked by ${source.kind}`);
  return {
    canary: sampleOf(platform, source.canary.url, seconds),
    baseline: source.baseline && sampleOf(platform, source.baseline.url, seconds),
  };
}

function sampleOf(platform: Platform, url: string, seconds: number): CountSample | null {
  const version = url.startsWith('https://canary/') ? platform.canary : platform.stable;
  const health = version === null ? 'silent' : platform.healthOf(version);
  if (health === 'silent') return null;
  const total = Math.floor(PER_SECOND * seconds);
  return { total, failed: health === 'bad' ? Math.floor(total / 3) : 0 };
}

function backupOf(process: StepProcess): BackupRunner {
  return {
    take: () =>
      process.call<BackupResult>({
        port: 'backup.take',
        work: () => ({ verdict: 'passed', reason: null, summary: 'identical', ...NO_SOURCES }),
        fail: () => ({ verdict: 'errored', reason: 'backup-failed', summary: 'no store', ...NO_SOURCES }),
        patienceMs: 15 * 60_000,
      }),
    restorer: () => {
      throw new Error('the simulated service has no data to restore');
    },
  };
}
