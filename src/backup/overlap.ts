import type { BackupSource } from '../plan/plan.js';
import type { RunnerPorts } from './ports.js';
import { BackupProblem } from './problem.js';
import type { Claim, SourceContext } from './provider.js';
import { driverOf } from './sources/registry.js';

/**
 * Rejects where what one source exchanges holds what another one needs beside its data: the first swap would carry
 * the restored data of the second away. What stands against a single source is told by `onUnknown`, or thrown.
 */
export async function refuseOverlaps(
  sources: readonly BackupSource[],
  options: {
    readonly ports: RunnerPorts;
    readonly context: SourceContext;
    readonly onUnknown?: (error: unknown) => void;
  },
): Promise<void> {
  const { ports, context, onUnknown } = options;
  const replacements = sources.flatMap((source) => {
    const { replacement } = driverOf(source, ports);
    return replacement === null ? [] : [{ name: source.name, replacement }];
  });
  if (replacements.length < 2) return;
  const claims: { readonly name: string; readonly claim: Claim }[] = [];
  for (const { name, replacement } of replacements) {
    const claim = await replacement.claim(context).catch((error: unknown) => {
      if (onUnknown === undefined) throw error;
      onUnknown(error);
      return null;
    });
    if (claim === null) continue;
    for (const other of claims) {
      const at = meet(other.claim, claim);
      if (at !== null) throw overlap(other.name, name, at);
    }
    claims.push({ name, claim });
  }
}

/** A path that both would replace; null when there is none. */
function meet(one: Claim, other: Claim): string | null {
  return one.paths.find(other.covers) ?? other.paths.find(one.covers) ?? null;
}

function overlap(one: string, other: string, path: string): BackupProblem {
  return new BackupProblem(
    'failed',
    `the sources \`${one}\` and \`${other}\` overlap at ${JSON.stringify(path)}: putting the one in place would carry the other away; keep them apart in the plan, or remove one of the two`,
  );
}
