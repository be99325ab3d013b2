import type { ScriptRequest, ScriptResult, Scripts } from '../host/contract.js';
import type { Script, ScriptTraffic } from '../plan/plan.js';
import type { TrafficDriver } from './contract.js';
import { TrafficError } from './error.js';

/** Longer than any weight; a longer line is described and not shown. */
const LONGEST_SHOWN = 80;

export interface ScriptTrafficOptions {
  readonly traffic: ScriptTraffic;
  readonly scripts: Scripts;
  /** The `RELEASE_*` variables of the call that is about to be made. */
  readonly env: () => Readonly<Record<string, string>>;
}

/** Moves traffic by the plan's own scripts: `traffic.run` sets `RELEASE_WEIGHT`, `traffic.read` prints the weight. */
export function createScriptTraffic({ traffic, scripts, env }: ScriptTrafficOptions): TrafficDriver {
  const call = (name: string, script: Script, more: Partial<ScriptRequest>, signal?: AbortSignal) =>
    scripts.run({
      name,
      script: script.run,
      env: env(),
      timeoutMs: script.timeoutMs,
      ...(signal ? { signal } : {}),
      ...more,
    });

  return {
    async set(weight, signal) {
      if (!isWeight(weight)) throw new RangeError(`a weight is a whole number from 0 to 100, not ${weight}`);
      const variables = { env: { ...env(), RELEASE_WEIGHT: String(weight) } };
      const result = await call(`traffic ${weight} %`, traffic.run, variables, signal);
      if (result.outcome === 'ok') return;
      const ending = describeEnding(result, traffic.run);
      throw new TrafficError(
        'set-failed',
        `traffic.run ${ending} when it had to set ${weight} %`,
        result.tail,
      );
    },

    async read(signal) {
      if (traffic.read === null) return null;
      const result = await call('traffic.read', traffic.read, { quiet: true }, signal);
      if (result.outcome !== 'ok') {
        throw new TrafficError(
          'read-failed',
          `traffic.read ${describeEnding(result, traffic.read)}`,
          result.tail,
        );
      }
      const weight = /^\d{1,3}$/.test(result.lastLine) ? Number(result.lastLine) : Number.NaN;
      if (isWeight(weight)) return weight;
      throw new TrafficError('unreadable', describeUnreadable(result.lastLine), result.tail);
    },
  };
}

function isWeight(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 100;
}

function describeEnding(result: ScriptResult, script: Script): string {
  switch (result.outcome) {
    case 'timed-out':
      return `did not end within its timeout of ${script.timeoutMs / 1000} s`;
    case 'aborted':
      return 'was stopped';
    case 'errored':
      return `could not be started (${result.tail.at(-1) ?? 'the reason is not known'})`;
    default:
      return result.signal === null
        ? `failed with exit code ${result.exitCode}`
        : `was ended by ${result.signal}`;
  }
}

/** The line is shown whole or not at all: a secret cut in two would not be recognised as one in the log. */
function describeUnreadable(line: string): string {
  const printed =
    line === ''
      ? 'printed nothing on stdout'
      : line.length > LONGEST_SHOWN
        ? `printed a last line of ${line.length} characters`
        : `printed "${line}" as its last line`;
  return `traffic.read ${printed}; it must be the canary's weight in percent, a whole number from 0 to 100`;
}
