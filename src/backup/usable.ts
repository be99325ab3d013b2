import type { Scripts } from '../host/contract.js';
import type { BackupSource, Script } from '../plan/plan.js';
import { BackupProblem } from './problem.js';
import type { RestoredCopy, SourceContext } from './provider.js';
import { saidAtTheEnd } from './said.js';

/** Runs the plan's script on the restored copy: best the migration of this very release. */
export async function tryOut(
  scripts: Scripts,
  { source, copy, context }: { source: BackupSource; copy: RestoredCopy; context: SourceContext },
): Promise<void> {
  if (source.usable === null) return;
  const script: Script = source.usable;
  const result = await scripts.run({
    name: `backup ${source.name}: usable`,
    script: script.run,
    timeoutMs: script.timeoutMs,
    env: { ...context.env, ...copy.env },
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  context.signal?.throwIfAborted();
  if (result.outcome === 'ok') return;
  const how =
    result.outcome === 'timed-out'
      ? `did not end within its timeout of ${script.timeoutMs / 1000} s`
      : `failed with exit code ${result.exitCode ?? result.signal}`;
  throw new BackupProblem(
    'not-usable',
    `the copy is identical, but \`usable\` ${how} on it; ${saidAtTheEnd(result.tail)}`,
  );
}
