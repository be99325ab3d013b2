import type { ScriptResult } from '../../host/contract.js';
import type { SnapshotSource } from '../../plan/plan.js';
import type { SourcePorts } from '../ports.js';
import { BackupProblem } from '../problem.js';
import type { ExternalSource, SourceContext } from '../provider.js';
import { saidAtTheEnd } from '../said.js';

type Part = 'take' | 'prove' | 'restore';

/** Longer than the id of any service, and short enough for a report. */
const LONGEST_ID = 500;

/**
 * Data that is kept where it is, by a service that takes snapshots of it: nothing streams through the runner. What
 * the scripts prove is known only by their exit codes.
 */
export function createSnapshotDriver(source: SnapshotSource, { scripts }: SourcePorts): ExternalSource {
  const run = async (part: Part, context: SourceContext, env: Readonly<Record<string, string>>) => {
    context.signal?.throwIfAborted();
    const result = await scripts.run({
      name: `backup ${source.name}: ${part}`,
      script: source[part],
      env: { ...context.env, ...env },
      timeoutMs: source.timeoutMs,
      ...(context.signal ? { signal: context.signal } : {}),
    });
    context.signal?.throwIfAborted();
    if (result.outcome !== 'ok') throw failed(source, part, result);
    return result;
  };

  return {
    kind: 'snapshot',
    form: 'external',

    async take(context) {
      const { lastLine: id } = await run('take', context, {});
      if (id !== '' && id.length <= LONGEST_ID && !/[\s\p{Cc}]/u.test(id)) return { id };
      throw new BackupProblem(
        'failed',
        `\`take\` ${id === '' ? 'printed nothing' : 'printed a last line that is no id'}; its last line must be the id of the snapshot: one word of at most ${LONGEST_ID} characters`,
      );
    },

    async prove(id, { context, prove }) {
      await run('prove', context, { RELEASE_BACKUP_ID: id, RELEASE_PROVE: prove });
    },

    restoreCommand: (id) =>
      `RELEASE_BACKUP_ID=${quoted(id)} bash --noprofile --norc -e -o pipefail -c ${quoted(source.restore)}`,

    replacement: null,
  };
}

function failed(source: SnapshotSource, part: Part, result: ScriptResult): BackupProblem {
  const how =
    result.outcome === 'timed-out'
      ? `did not end within its timeout of ${source.timeoutMs / 1000} s and was stopped`
      : `failed with exit code ${result.exitCode ?? result.signal}`;
  return new BackupProblem('failed', `\`${part}\` ${how}; ${saidAtTheEnd(result.tail)}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
