import type { BackupSource } from '../plan/plan.js';
import type { RunnerPorts } from './ports.js';
import { BackupProblem } from './problem.js';
import type { Claim, SourceContext } from './provider.js';
import { driverOf } from './sources/registry.js';

/**
 * Rejects where what one source exchanges holds what another one needs beside its data: the first swap would carry
 * the restored data of the second away.
 */
export async function refuseOverlaps(
  sources: readonly BackupSource[],
  { ports, context }: { readonly ports: RunnerPorts; readonly context: SourceContext },
): Promise<void> {
  const claims: { readonly name: string; readonly claim: Claim }[] = [];
  for (const source of sources) {
    const claim = await driverOf(source, ports).replacement?.claim?.(context);
    if (claim === undefined) continue;
    const other = claims.find((one) => meet(one.claim, claim) !== null);
    if (other !== undefined) throw overlap(other.name, source.name, meet(other.claim, claim) ?? '');
    claims.push({ name: source.name, claim });
  }
}

/** A path that both would replace; null when there is none. */
function meet(one: Claim, other: Claim): string | null {
  return one.paths.find(other.covers) ?? other.paths.find(one.covers) ?? null;
}

function overlap(one: string, other: string, path: string): BackupProblem {
  return new BackupProblem(
    'failed',
    `the sources \`${one}\` and \`${other}\` overlap at ${JSON.stringify(path)}: putting the one in place would carry the other away; choose patterns that keep them apart, or restore by the commands of the report`,
  );
}
