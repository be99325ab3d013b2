import type { ScriptRequest, ScriptResult, Scripts } from '../../src/host/contract.js';
import type { Fault } from './fault.js';
import { type Effect, isScript, MOVES, type Platform, type ScriptName } from './platform.js';
import type { Random } from './random.js';
import type { StepProcess } from './step-process.js';
import type { VirtualTime } from './time.js';

export interface MachineOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly platform: Platform;
  /** Called at the moment when a script begins to move something, when it has, and when it has ended. */
  readonly watch: (what: 'begins' | 'moves' | 'ends', effect: Effect) => void;
  /** The longest that a script takes, in milliseconds. */
  readonly slowestMs: number;
}

interface Running {
  readonly effect: Effect;
  /** Calls off what it has not done yet. */
  stop: () => void;
}

/** The runner's machine: its scripts outlive the process that started them, and die with the machine. */
export class Machine {
  readonly #options: MachineOptions;
  readonly #running = new Set<Running>();

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  /** Ends all that runs; returns how many. */
  endAll(): number {
    const count = this.#running.size;
    for (const one of [...this.#running]) one.stop();
    return count;
  }

  scripts(process: StepProcess): Scripts {
    return { run: (request) => this.#run(process, request) };
  }

  async #run(process: StepProcess, request: ScriptRequest): Promise<ScriptResult> {
    await process.stillAlive();
    if (!isScript(request.script)) throw new Error(`no simulated plan has the script "${request.script}"`);
    const effect = { script: request.script, env: request.env, by: process.name };
    const { number, fault } = process.next(`scripts.${request.script}`);
    const said = `#${number} ${titleOf(effect)}`;
    if (fault || MOVES.has(effect.script)) process.tell(`${said} begins${faultText(fault)}`);
    if (fault?.kind === 'crash-before') return process.crash(fault);
    if (request.signal?.aborted) return this.#result('aborted', '', 0);
    if (fault?.kind === 'error-before') return this.#result('failed', '', 0);
    const result = await this.#play({ process, request, effect, fault });
    await process.stillAlive();
    if (fault || MOVES.has(effect.script) || result.outcome !== 'ok')
      process.tell(`${said} ${result.outcome}`);
    return result;
  }

  /** A script does what it does at one moment on its way, and ends some time later. */
  #play(call: {
    process: StepProcess;
    request: ScriptRequest;
    effect: Effect;
    fault: Fault | null;
  }): Promise<ScriptResult> {
    const { time, random, platform, watch } = this.#options;
    const { process, request, effect, fault } = call;
    const actsAfter = random.between(20, Math.min(slowest(effect.script), this.#options.slowestMs));
    const endsAfter = Math.min(actsAfter + random.between(5, 400), request.timeoutMs);
    const begun = time.now;
    let printed: string | null = '';
    watch('begins', effect);
    return new Promise((resolve) => {
      const calls: (() => void)[] = [];
      const end = (outcome: ScriptResult['outcome']): void => {
        for (const callOff of calls) callOff();
        this.#running.delete(running);
        request.signal?.removeEventListener('abort', aborted);
        watch('ends', effect);
        resolve(this.#result(outcome, printed ?? '', time.now - begun));
      };
      const aborted = (): void => end('aborted');
      const running: Running = { effect, stop: () => end('aborted') };
      this.#running.add(running);
      request.signal?.addEventListener('abort', aborted, { once: true });
      const act = (): void => {
        printed = platform.apply(effect);
        watch('moves', effect);
        if (fault?.kind === 'duplicate') platform.apply(effect);
        if (fault?.kind === 'crash-after') void process.crash(fault);
      };
      if (fault?.kind === 'hang') {
        // In one half of the cases it has done its work before it hangs.
        if (random.chance(0.5)) calls.push(time.after(actsAfter, act));
        calls.push(time.after(request.timeoutMs, () => end('timed-out')));
        return;
      }
      calls.push(time.after(actsAfter, act));
      calls.push(
        time.after(endsAfter, () => {
          if (actsAfter > endsAfter) return end('timed-out');
          end(fault?.kind === 'error-after' || printed === null ? 'failed' : 'ok');
        }),
      );
    });
  }

  #result(outcome: ScriptResult['outcome'], lastLine: string, durationMs: number): ScriptResult {
    return {
      outcome,
      exitCode: outcome === 'ok' ? 0 : 1,
      signal: null,
      lastLine,
      tail: lastLine === '' ? [] : [lastLine],
      durationMs,
      leftBehind: 0,
    };
  }
}

/** Within what the simulated plans allow: a script that always takes longer is a broken plan. */
function slowest(script: ScriptName): number {
  if (script === 'weight' || script === 'version') return 200;
  return script === 'route' ? 20_000 : Number.POSITIVE_INFINITY;
}

function titleOf({ script, env }: Effect): string {
  const what: Partial<Record<ScriptName, string | undefined>> = {
    route: `${env.RELEASE_WEIGHT} %`,
    promote: env.RELEASE_TARGET_VERSION,
    rollback: env.RELEASE_TARGET_VERSION,
    canary: env.RELEASE_VERSION,
  };
  return [`script ${script}`, what[script]].filter(Boolean).join(' ');
}

function faultText(fault: Fault | null): string {
  return fault ? `  <- ${fault.kind}${fault.withRunner ? ' of the runner' : ''}` : '';
}
