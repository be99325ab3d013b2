import { check } from './check-run.js';
import { earlyEnd } from './ends.js';
import { finish } from './finish.js';
import { type Inputs, readInputs } from './inputs.js';
import { formatProblems } from './plan/format.js';
import { prepare, prepareRollback } from './prepare.js';
import { newOwner } from './release/ids.js';
import { asProblem, ReleaseProblem } from './release/problem.js';
import { release } from './release-run.js';
import { replayPast } from './replay-run.js';
import { resume } from './resume-run.js';
import { rollback } from './rollback-run.js';
import { status } from './status-run.js';
import type { World } from './world.js';

/** The story of the step: what is asked, may it, do it, say how it ended. Returns the exit code. */
export async function main(world: World): Promise<number> {
  const inputs = inputsOf(world);
  if (inputs instanceof ReleaseProblem) return finish(world, earlyEnd(world, inputs), null);
  try {
    mayBegin(inputs);
    if (inputs.token === '') throw new ReleaseProblem('token-missing', 'the input `token` is empty');
    if (inputs.command === 'check') {
      return inputs.replay === null
        ? await check(world, inputs)
        : await replayPast(world, inputs, inputs.replay);
    }
    const owner = newOwner();
    if (inputs.command === 'status') return await status(world, inputs);
    if (inputs.command === 'resume') return await resume(world, inputs, owner);
    if (inputs.command === 'rollback') {
      return await rollback(world, { ...(await prepareRollback(world, inputs)), inputs, owner });
    }
    return await release(world, { ...(await prepare(world, inputs)), inputs, owner });
  } catch (error) {
    return finish(world, earlyEnd(world, asProblem(error)), null);
  }
}

/**
 * In a job that is being cancelled nothing is begun. So is nothing in a post step that takes itself for main, because
 * main was ended before it could leave a mark.
 */
function mayBegin({ command, jobStatus, dryRun }: Inputs): void {
  const begins = command === 'release' || command === 'resume' || command === 'rollback';
  if (jobStatus !== 'cancelled' || !begins || dryRun) return;
  throw new ReleaseProblem('cancelled', 'the job was cancelled before this step had begun anything');
}

function inputsOf(world: World): Inputs | ReleaseProblem {
  const read = readInputs(world.env);
  if ('inputs' in read) return read.inputs;
  return new ReleaseProblem('input-invalid', formatProblems(read.problems, 'inputs'));
}
