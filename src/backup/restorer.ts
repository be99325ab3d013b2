import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Backup, BackupSource } from '../plan/plan.js';
import { difference } from './content.js';
import type { DataRestorer, KeptBackup, RestoreOptions } from './contract.js';
import { expanded } from './expand.js';
import { refuseOverlaps } from './overlap.js';
import type { RunnerPorts } from './ports.js';
import { BackupProblem, messageOf } from './problem.js';
import type { BackupStore, Replacement, SourceContext, StoredSnapshot } from './provider.js';
import { withScratch } from './scratch.js';
import { driverOf } from './sources/registry.js';
import { openStore } from './stores/registry.js';

type Plan = Extract<Backup, { kind: 'sources' }>;

interface Restoring {
  readonly kept: KeptBackup;
  readonly replacement: Replacement;
}

/** Restores backups over the live data of a plan's sources, by hand only. */
export function createRestorer(
  ports: RunnerPorts,
  plan: Plan,
  options: RestoreOptions & { readonly backups: readonly KeptBackup[] },
): DataRestorer {
  const token = tokenOf(options.release);
  const all = () => options.backups.map((kept) => restoring(plan, kept, ports));
  const store = async () => {
    if (plan.store === null) throw new BackupProblem('failed', 'the plan names no `store` to restore from');
    const { environment, signal } = options;
    const workspace = await realpath(options.workspace);
    return openStore(plan.store, { ...ports, workspace, environment, ...(signal ? { signal } : {}) });
  };

  return {
    async check() {
      const able = options.backups.filter(
        (kept) => driverOf(sourceOf(plan, kept), ports).replacement !== null,
      );
      if (able.length === 0) return [];
      const place = await store();
      const context = await contextOf(options, { ports, store: place });
      await refuseOverlaps(plan.sources, { ports, context });
      for (const kept of able) {
        await open(place, kept);
        await restoring(plan, kept, ports).replacement.check(context, kept.bytes);
      }
      return able;
    },

    async unsavable() {
      const context = await contextOf(options, { ports, store: await store() });
      const found: string[] = [];
      for (const { kept, replacement } of all())
        await replacement.checkSavable?.(context).catch((error: unknown) => {
          options.signal?.throwIfAborted();
          found.push(`${kept.source}: ${messageOf(error)}`);
        });
      return found.length === 0 ? null : found.join('; ');
    },

    async restoreBeside() {
      const place = await store();
      const context = await contextOf(options, { ports, store: place });
      for (const { kept, replacement } of all()) {
        options.onProgress(`restore ${kept.source}: ${kept.id} of ${kept.takenAt}, beside the live data`);
        const stored = await open(place, kept);
        for (const name of await replacement.removeLeftovers(context))
          options.onProgress(`restore ${kept.source}: ${name}, which an earlier attempt left, was removed`);
        await withScratch(context.temporary, async (scratch) => {
          const within = { ...context, scratch, prove: 'identical' } as const;
          refuseOther(kept, await replacement.restoreBeside(stored, { context: within, token }));
        });
        options.onProgress(`restore ${kept.source}: proved identical`);
      }
    },

    async swap() {
      const context = await contextOf(options, { ports, store: null });
      for (const { kept, replacement } of all()) {
        await replacement.swap(context, token);
        options.onProgress(`restore ${kept.source}: in its place`);
      }
    },

    async look() {
      const context = await contextOf(options, { ports, store: null });
      const places = [];
      for (const { kept, replacement } of all())
        places.push({ source: kept.source, place: await replacement.look(context, token) });
      return places;
    },

    async commands() {
      const context = await contextOf(options, { ports, store: null });
      const commands = await Promise.all(
        all().map(({ replacement }) => replacement.commands(context, token)),
      );
      return { finish: commands.flatMap(({ finish }) => finish), undo: commands.flatMap(({ undo }) => undo) };
    },
  };
}

/** The end of a release id: short enough for the name of a database. */
function tokenOf(release: string): string {
  return release.slice(-12).replaceAll('-', '_');
}

function restoring(plan: Plan, kept: KeptBackup, ports: RunnerPorts): Restoring {
  const { replacement } = driverOf(sourceOf(plan, kept), ports);
  if (replacement !== null) return { kept, replacement };
  throw new BackupProblem(
    'failed',
    `the ${kept.kind} source \`${kept.source}\` cannot be put in the place of live data by this action; restore it by the command of its report`,
  );
}

function sourceOf(plan: Plan, kept: KeptBackup): BackupSource {
  const source = plan.sources.find(({ name, kind }) => name === kept.source && kind === kept.kind);
  if (source === undefined)
    throw new BackupProblem(
      'failed',
      `the backup ${kept.id} is of the ${kept.kind} source \`${kept.source}\`, which this plan does not name; restore it by the command of its report, or run from a commit whose plan has it`,
    );
  return source;
}

function open(store: BackupStore, { source, id, sha256, size }: KeptBackup): Promise<StoredSnapshot> {
  return store.open(id, { source, expected: sha256 === null ? null : { sha256, size } });
}

function refuseOther(
  kept: KeptBackup,
  { original, copy }: Awaited<ReturnType<Replacement['restoreBeside']>>,
): void {
  const differs = difference(original, copy, { showsNames: false });
  if (differs !== null) throw new BackupProblem('not-identical', `${kept.source}: ${differs}`);
  if (kept.digest === null || kept.digest === copy.digest) return;
  throw new BackupProblem(
    'not-identical',
    `${kept.source}: the restored copy has the digest ${copy.digest}, and the backup had ${kept.digest} when it was proved; was it made with other versions of the programs?`,
  );
}

async function contextOf(
  options: RestoreOptions,
  { ports, store }: { readonly ports: RunnerPorts; readonly store: BackupStore | null },
): Promise<SourceContext> {
  return {
    workspace: await realpath(options.workspace),
    excluded: store?.directories ?? [],
    isEncrypted: store?.isEncrypted ?? false,
    env: options.env,
    expand: (text, what) => expanded(text, ports.env, { what }),
    temporary: ports.temporary ?? tmpdir(),
    ...(options.signal ? { signal: options.signal } : {}),
  };
}
