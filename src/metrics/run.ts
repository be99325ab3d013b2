import type { ScriptResult } from '../host/contract.js';
import type { MetricKind } from '../plan/plan.js';
import type { Measurement, MetricBatch, Span } from './contract.js';
import type { Driver, MetricOf, SourcePorts } from './driver.js';
import { eachInterval } from './intervals.js';
import { batchFrom } from './run/batch.js';
import { reasonOf, Unmeasured } from './unmeasured.js';

type RunMetric = MetricOf<'run'>;

/** A script that prints, as its last line, what both arms did in an interval. */
export function createRun(ports: SourcePorts): Driver<'run'> {
  return {
    async measure(measurement) {
      const metrics: readonly RunMetric[] = measurement.metrics;
      await Promise.all(metrics.map((metric) => measureOne(ports, metric, measurement)));
    },
    past: null,
  };
}

async function measureOne(
  { clock, scripts }: SourcePorts,
  { source, name, kind }: RunMetric,
  { signal, wave, env, onBatch }: Omit<Measurement, 'metrics'>,
): Promise<void> {
  await eachInterval({
    clock,
    signal,
    everyMs: source.everyMs,
    lagMs: 0,
    async onInterval(span, signal) {
      const result = await scripts.run({
        name: `metrics.${name}`,
        script: source.run.run,
        timeoutMs: source.run.timeoutMs,
        env: { ...env, ...variablesFor({ name, span, wave }) },
        signal,
        quiet: true,
      });
      onBatch(name, { ...span, ...measuredBy(result, { kind, timeoutMs: source.run.timeoutMs }) });
    },
  });
}

/** Times in Unix seconds, whole where the interval is. */
function variablesFor({
  name,
  span,
  wave,
}: {
  readonly name: string;
  readonly span: Span;
  readonly wave: string | null;
}): Record<string, string> {
  return {
    RELEASE_METRIC: name,
    RELEASE_WINDOW_START: String(span.from / 1000),
    RELEASE_WINDOW_END: String(span.to / 1000),
    ...(wave === null ? {} : { RELEASE_WAVE: wave }),
  };
}

function measuredBy(
  result: ScriptResult,
  { kind, timeoutMs }: { readonly kind: MetricKind; readonly timeoutMs: number },
): MetricBatch {
  if (result.outcome !== 'ok') return nothing(kind, howItEnded(result, timeoutMs));
  try {
    return batchFrom(result.lastLine, kind);
  } catch (error) {
    if (error instanceof Unmeasured) return nothing(kind, reasonOf(error));
    throw error;
  }
}

function nothing(kind: MetricKind, problem: string): MetricBatch {
  return { kind, canary: null, baseline: null, problem };
}

function howItEnded({ outcome, exitCode, signal, tail }: ScriptResult, timeoutMs: number): string {
  const last = tail.at(-1);
  const said = last === undefined ? 'it printed nothing' : `its last line: ${last}`;
  switch (outcome) {
    case 'timed-out':
      return `the script did not end within its timeout of ${timeoutMs / 1000} s and was stopped; make it faster or \`timeout\` longer`;
    case 'aborted':
      return 'the script was stopped, since the measurement ended';
    case 'errored':
      return `the script could not be started (${said})`;
    default:
      return signal === null
        ? `the script exited with code ${exitCode} (${said}); it must exit with 0`
        : `the script was ended by ${signal} (${said})`;
  }
}
