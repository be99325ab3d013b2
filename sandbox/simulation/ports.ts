import type { BackupResult, BackupRunner } from '../../src/backup/contract.js';
import type { Http } from '../../src/host/contract.js';
import type { ArmSample, MetricSource } from '../../src/metrics/contract.js';
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

/** The ports of one step, over the simulated outside. */
export function simulatedPorts(options: PortsOptions): Ports {
  const { process, machine, platform, shared } = options;
  const scripts = machine.scripts(process);
  return {
    ...shared,
    scripts,
    http: httpOf(process, platform),
    metrics: metricsOf(options),
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
          return { status: version === null ? 503 : 200, body: version ?? '' };
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
    async measure({ metrics, signal, everyMs, onBatch }) {
      const { fault } = process.next('metrics.measure');
      if (fault) process.tell(`metrics.measure  <- ${fault.kind}`);
      if (fault?.kind === 'crash-before') return process.crash(fault);
      const blind = fault?.kind === 'error-before' || fault?.kind === 'hang';
      while (!signal.aborted) {
        const from = time.now;
        // A few seconds at once: more batches would say the same and take longer.
        await process.sleep(5 * everyMs, signal);
        for (const metric of metrics) {
          if (blind) {
            onBatch(metric.name, { from, to: time.now, canary: null, baseline: null, problem: 'no answer' });
            continue;
          }
          const seconds = Math.max(0, (time.now - from) / 1000);
          const canary = sampleOf(platform, metric.probe.canary.url, seconds);
          const baseline = metric.probe.baseline && sampleOf(platform, metric.probe.baseline.url, seconds);
          onBatch(metric.name, { from, to: time.now, canary, baseline });
        }
      }
      if (fault?.kind === 'crash-after') return process.crash(fault);
    },
  };
}

function sampleOf(platform: Platform, url: string, seconds: number): ArmSample | null {
  const version = url.startsWith('https://canary/') ? platform.canary : platform.stable;
  const health = version === null ? 'silent' : platform.healthOf(version);
  if (health === 'silent') return null;
  const total = Math.floor(PER_SECOND * seconds);
  return { total, failed: health === 'bad' ? Math.floor(total / 3) : 0, latenciesMs: [], failures: {} };
}

function backupOf(process: StepProcess): BackupRunner {
  return {
    take: () =>
      process.call<BackupResult>({
        port: 'backup.take',
        work: () => ({ verdict: 'passed', reason: null, summary: 'identical', sources: [] }),
        fail: () => ({ verdict: 'errored', reason: 'backup-failed', summary: 'no store', sources: [] }),
        patienceMs: 15 * 60_000,
      }),
  };
}
