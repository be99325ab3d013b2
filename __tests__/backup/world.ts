import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { BackupResult, DataRestorer, KeptBackup } from '../../src/backup/contract.js';
import type { SourceContext } from '../../src/backup/provider.js';
import { createBackupRunner } from '../../src/backup/runner.js';
import { createClock } from '../../src/host/clock.js';
import type { Log, Programs, Scripts } from '../../src/host/contract.js';
import { createPrograms } from '../../src/host/programs.js';
import { createRedactor } from '../../src/host/redact.js';
import { createScripts } from '../../src/host/scripts.js';
import type { Backup, BackupSource, RunBackupSource } from '../../src/plan/plan.js';

/** A temporary world: a workspace, a place for the store, and a place for temporary files. All are removed. */
export interface World {
  readonly workspace: string;
  readonly store: string;
  /** Where scratch directories are made. */
  readonly temporary: string;
  readonly scripts: Scripts;
  readonly programs: Programs;
  /** What a driver is given when it is asked by hand. */
  readonly context: SourceContext;
  /** Whether a file is in the workspace. */
  has(path: string): boolean;
  write(files: Readonly<Record<string, string | Buffer>>): Promise<void>;
  take(sources: readonly BackupSource[], options?: TakeOptions): Promise<BackupResult>;
  /** Puts backups in the place of the live data. */
  restorer(
    sources: readonly BackupSource[],
    backups: readonly KeptBackup[],
    options?: TakeOptions,
  ): DataRestorer;
  /** Restored copies that were not removed. */
  leftInScratch(): Promise<readonly string[]>;
  /** Paths of all files below a directory of the store. */
  stored(part: 'objects' | 'snapshots' | 'staging'): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export type SourcesPlan = Extract<Backup, { kind: 'sources' }>;

export interface TakeOptions {
  readonly plan?: Partial<SourcesPlan>;
  readonly release?: string;
  readonly lastPromoted?: string | null;
  readonly isPublic?: boolean;
  /** Variables of the step that the plan may name. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly workspace?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

const silent: Log = {
  info: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  group: (_title, work) => work(),
};

export async function createWorld(): Promise<World> {
  const root = realpathSync(await mkdtemp(join(tmpdir(), 'backup-test-')));
  const [workspace, temporary, store] = [join(root, 'workspace'), join(root, 'tmp'), join(root, 'store')];
  await Promise.all([workspace, temporary].map((path) => mkdir(path)));
  const ports = realPorts(workspace);
  const runner = (options: TakeOptions) =>
    createBackupRunner({
      ...(options.variables === undefined ? ports : realPorts(workspace, options.variables)),
      clock: createClock(),
      env: { BACKUPS: store, ...options.variables },
      isPublic: () => options.isPublic ?? false,
      temporary,
    });
  const planOf = (plan: Partial<SourcesPlan>): SourcesPlan => ({
    kind: 'sources',
    when: [],
    store: { kind: 'directory', directory: store, sameMachine: true },
    sources: [],
    prove: 'identical',
    keep: null,
    showParts: null,
    ...plan,
  });
  const takeIn = (plan: Partial<SourcesPlan>, options: TakeOptions) =>
    runner(options).take(planOf(plan), {
      release: options.release ?? '20260102-030405-abcdef0-x1y2',
      service: 'shop',
      environment: 'production',
      lastPromoted: options.lastPromoted ?? null,
      workspace: options.workspace ?? workspace,
      env: options.env ?? {},
      onProgress: options.onProgress ?? (() => undefined),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  return {
    workspace,
    store,
    temporary,
    ...ports,
    context: {
      workspace,
      excluded: [],
      isEncrypted: false,
      env: {},
      expand: (text) => text,
      temporary,
    },
    has: (path) => existsSync(join(workspace, path)),
    async write(files) {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(workspace, path)), { recursive: true });
        await writeFile(join(workspace, path), content);
      }
    },
    take: (sources, options = {}) => takeIn({ sources, ...options.plan }, options),
    restorer: (sources, backups, options = {}) =>
      runner(options).restorer(planOf({ sources, ...options.plan }), {
        ...{ backups, release: '20260304-050607-1234567-x1y2', environment: 'production', workspace },
        ...{ env: {}, onProgress: () => undefined },
      }),
    leftInScratch: async () =>
      (await readdir(temporary)).filter((name) => name.startsWith('gated-release-restore-')),
    async stored(part) {
      const found = await readdir(join(store, part), { recursive: true, withFileTypes: true });
      return found
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .sort();
    },
    async remove() {
      await rm(root, { recursive: true, force: true });
    },
  };
}

export function realPorts(
  workspace: string,
  variables: Readonly<Record<string, string>> = {},
): { scripts: Scripts; programs: Programs } {
  const env = { PATH: process.env.PATH, HOME: workspace, GITHUB_WORKSPACE: workspace, ...variables };
  const redactor = createRedactor({ env, tokens: [], names: [] });
  return {
    scripts: createScripts({
      env,
      workingDirectory: '.',
      oidc: false,
      log: silent,
      redactor,
      onMask: () => undefined,
    }),
    programs: createPrograms({ env, workspace, oidc: false, redactor }),
  };
}

export function files(...globs: string[]): BackupSource {
  return { kind: 'files', name: 'settings', usable: null, files: globs };
}

/** A database of one file: `data.txt`, that the scripts stream out, write back and hash. */
export function run(parts: Partial<RunBackupSource> = {}): BackupSource {
  return {
    kind: 'run',
    name: 'orders',
    usable: null,
    produce: 'cat data.txt',
    consume: 'cat > "$RELEASE_SCRATCH/data.txt"',
    fingerprint: 'sha256sum < "${RELEASE_SCRATCH:-.}/data.txt"',
    timeoutMs: 20_000,
    ...parts,
  };
}

/** A directory store at another place than usual. */
export function inDirectory(directory: string): Pick<SourcesPlan, 'store'> {
  return { store: { kind: 'directory', directory, sameMachine: true } };
}

export async function flipBit(path: string, at = 0): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** The most memory for data that is in use at once while a stream goes by, looked at now and then: garbage does not count. */
export function memoryInUse(): { seeBytes(count: number): void; most(): number } {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const inUse = () => {
    // What the first one finds, the second one has swept.
    collect();
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = inUse();
  let [seen, next, most] = [0, 0, 0];
  return {
    seeBytes(count) {
      seen += count;
      if (seen < next) return;
      next = seen + 10_000_000;
      most = Math.max(most, inUse() - before);
    },
    most: () => most,
  };
}

/** The same chunks, each of which is told of. */
export async function* seen(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}
