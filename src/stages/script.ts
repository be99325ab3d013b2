import type { ScriptResult } from '../host/contract.js';
import type { Script } from '../plan/plan.js';
import { releaseEnvironment } from '../release/environment.js';
import type { StageName } from '../release/events.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReasonCode } from '../release/reasons.js';
import type { ReleaseContext } from './context.js';
import { stopIfAsked } from './stop.js';

export interface ScriptCall {
  readonly name: string;
  readonly script: Script;
  readonly stage: StageName;
  readonly target?: 'released' | 'previous';
  readonly weight?: number;
  /** Instead of the release's own signal: what brings a release back must run although it was cancelled. */
  readonly signal?: AbortSignal;
  readonly quiet?: boolean;
  readonly prefix?: string;
  /** Beside the release's variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a script of the plan with the release's variables. */
export function runScript(context: ReleaseContext, call: ScriptCall): Promise<ScriptResult> {
  return context.ports.scripts.run({
    name: call.name,
    script: call.script.run,
    timeoutMs: call.script.timeoutMs,
    env: { ...call.env, ...scriptEnvironment(context, call) },
    signal: call.signal ?? context.signal,
    ...(call.quiet ? { quiet: true } : {}),
    ...(call.prefix === undefined ? {} : { prefix: call.prefix }),
  });
}

export function scriptEnvironment(
  context: ReleaseContext,
  call: Pick<ScriptCall, 'stage' | 'target' | 'weight'>,
): Record<string, string> {
  return releaseEnvironment({
    state: context.journal.state,
    stage: call.stage,
    target: call.target ?? 'released',
    fence: context.journal.session.fence,
    ...(call.weight === undefined ? {} : { weight: call.weight }),
  });
}

/** Runs a script that must succeed; throws a `ReleaseProblem` with its last lines otherwise. */
export async function mustRun(
  context: ReleaseContext,
  call: ScriptCall,
  reason: ReasonCode,
): Promise<ScriptResult> {
  const result = await runScript(context, call);
  if (result.outcome === 'ok') return result;
  if (result.outcome === 'aborted') stopIfAsked(call.signal ?? context.signal);
  throw new ReleaseProblem(reasonOf(result, reason), `\`${call.name}\` ${howItEnded(result, call.script)}`, {
    evidence: evidenceOf(call.name, result),
    verdict: result.outcome === 'errored' ? 'errored' : 'failed',
  });
}

/** A script that hangs is mended otherwise than one that fails. On the way back, that it failed is what counts. */
function reasonOf(result: ScriptResult, reason: ReasonCode): ReasonCode {
  return result.outcome === 'timed-out' && reason !== 'rollback-script-failed' ? 'script-timed-out' : reason;
}

/** `exited with code 3 after 1.2 s` */
export function howItEnded(result: ScriptResult, script: Script): string {
  const after = `after ${(result.durationMs / 1000).toFixed(1)} s`;
  switch (result.outcome) {
    case 'ok':
      return `succeeded ${after}`;
    case 'timed-out':
      return `did not end within its timeout of ${script.timeoutMs / 1000} s and was stopped`;
    case 'aborted':
      return `was stopped ${after}`;
    case 'errored':
      return `could not be started: ${result.tail.at(-1) ?? 'the reason is not known'}`;
    case 'failed':
      return result.signal
        ? `was ended by ${result.signal} ${after}`
        : `exited with code ${result.exitCode} ${after}`;
  }
}

/** The script's last lines as a fenced block that they cannot close. */
export function evidenceOf(name: string, result: ScriptResult): readonly string[] {
  if (result.tail.length === 0) return [`\`${name}\` printed nothing.`];
  return [`The last lines of \`${name}\`:`, '', ...fenced(result.tail)];
}

/** Lines as a code block that they cannot close. */
export function fenced(lines: readonly string[]): readonly string[] {
  const runs = lines.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(Math.max(2, ...runs) + 1);
  return [`${fence}text`, ...lines, fence];
}
