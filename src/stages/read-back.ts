import type { StageName } from '../release/events.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReasonCode } from '../release/reasons.js';
import type { ReleaseContext } from './context.js';
import { type InService, readInService } from './in-service.js';
import { scriptEnvironment } from './script.js';

const ASK_EVERY_MS = 1_000;

/**
 * Reads the version in service until it is the one expected, for as long as the plan says, and records what was read.
 * Returns false when the plan has no way to read it. Throws `reason` when it is another one or cannot be read.
 */
export async function mustServe(
  context: ReleaseContext,
  options: {
    readonly version: string;
    readonly stage: StageName;
    readonly target: 'released' | 'previous';
    readonly reason: ReasonCode;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const { inService } = context.plan;
  if (!inService) return false;
  // A service may answer with the old version for a moment after it was replaced.
  const deadline = context.ports.clock.now() + inService.withinMs;
  let answer = await readTwice(context, options);
  while (
    !serves(answer, options.version) &&
    context.ports.clock.now() < deadline &&
    !options.signal.aborted
  ) {
    await context.ports.clock.sleep(ASK_EVERY_MS, options.signal);
    answer = await readTwice(context, options);
  }
  const version = 'version' in answer ? answer.version : null;
  context.journal.record({
    type: 'read-back',
    version,
    ...('problem' in answer ? { note: answer.problem } : {}),
  });
  if (serves(answer, options.version)) return true;
  throw new ReleaseProblem(
    options.reason,
    'version' in answer
      ? `the version in service should be ${options.version}, and ${answer.version} was read`
      : `the version in service should be ${options.version}, and could not be read: ${answer.problem}`,
    { verdict: 'version' in answer ? 'failed' : 'errored' },
  );
}

function serves(answer: InService, version: string): boolean {
  return 'version' in answer && answer.version === version;
}

/** Old instances may still answer now and then: one lucky answer proves nothing, two in a row must agree. */
async function readTwice(
  context: ReleaseContext,
  options: { version: string; stage: StageName; target: 'released' | 'previous'; signal: AbortSignal },
): Promise<InService> {
  const first = await read(context, options);
  return serves(first, options.version) ? read(context, options) : first;
}

async function read(
  context: ReleaseContext,
  options: { stage: StageName; target: 'released' | 'previous'; signal: AbortSignal },
): Promise<InService> {
  const { inService } = context.plan;
  if (!inService) return { problem: 'the plan has no `in-service`' };
  return readInService({
    source: inService,
    ports: context.ports,
    env: context.env,
    scriptEnv: scriptEnvironment(context, options),
    signal: options.signal,
  });
}
