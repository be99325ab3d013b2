import type { Writable } from 'node:stream';
import type { BackupSource, Proof } from '../plan/plan.js';
import type { Content } from './content.js';
import type { Entry, StoredObject } from './entry.js';

/**
 * Who meets whom: a *source* knows how to read data and to restore it, a *store* knows how to keep bytes. The runner
 * lets the source fill a writer of the store, and later hands it what the store gives back. Every rejection is a
 * `BackupProblem`, or any error once the signal is aborted.
 */

/** What was read from a source, before anything is proved. */
export interface Taken {
  /** What the data consists of; null when only reading it back will tell. */
  readonly content: Content | null;
  /** Bytes of the data, as they went into the store. */
  readonly bytes: number;
  /** Files for `files`; null where it has no meaning. */
  readonly items: number | null;
  readonly entries: readonly Entry[];
}

/** What a store is told of a backup, and gives back with it. */
export interface Label {
  readonly release: string;
  readonly service: string;
  readonly environment: string;
  readonly source: string;
  readonly kind: string;
  /** ISO 8601, UTC, right before the source was read: what it holds is never older. */
  readonly takenAt: string;
}

/** What a store keeps of one source of one release. */
export interface Snapshot extends Label {
  readonly entries: readonly Entry[];
}

/** Shell commands for people, which need neither this action nor Node. */
export interface ByHand {
  /** Restores a tree of files into a directory; `target` is a shell word. */
  tree(target: string): string;
  /** Prints the one stream of a snapshot on stdout. */
  readonly stream: string;
}

/** Something of a tree on its way into a store. Paths are as in `Entry`, and a directory comes before what it holds. */
export type TreeItem =
  | (Extract<Entry, { type: 'directory' | 'link' }> & { readonly read?: never; readonly whole?: never })
  | (Omit<Extract<Entry, { type: 'file' }>, 'sha256'> & {
      /** Read once. What it gives is `size` bytes, or it fails. */
      readonly read: () => AsyncIterable<Uint8Array>;
      /**
       * The same at once, in place of `read`; only of a small file, of which there may be very many. The bytes are
       * good until the next item is asked for.
       */
      readonly whole?: (() => Uint8Array) | undefined;
    });

/** Takes one backup: either one stream or one tree. */
export interface SnapshotWriter {
  /**
   * Streams data of unknown length into the store, hashed and counted on the way, at the pace of the store. It counts
   * only when `fill` has resolved, which need not end the sink; until `commit` the store does not see its end. When
   * the sink fails, this rejects with the reason of the sink, not of `fill`.
   */
  stream(fill: (sink: Writable) => Promise<void>): Promise<StoredObject>;
  /**
   * Items come in the order of `inOrder`. Resolves to what the store keeps: the items, each file with its SHA-256, or
   * the one stream into which it packs them.
   */
  tree(items: AsyncIterable<TreeItem>): Promise<readonly Entry[]>;
  /** Makes the backup visible, last of all. Returns its id in the store. */
  commit(snapshot: Snapshot): Promise<string>;
  /** Leaves nothing of what was not committed; harmless after `commit`. Never rejects. */
  discard(): Promise<void>;
}

/** A backup as the store gives it back, read once from its start to its end. */
export interface StoredSnapshot {
  /** The one stream; fails at its end unless it is to the last byte what was stored. */
  stream(): AsyncIterable<Uint8Array>;
  /**
   * The tree, in the order of `inOrder`. A file must be read to its end before the next item is asked
   * for; it fails there unless it is what was stored.
   */
  tree(): AsyncIterable<TreeItem>;
}

export interface StoredHead extends Label {
  readonly id: string;
}

/** The one stream of a snapshot, as it is known before it is read. A size that is not known is not compared. */
export interface ExpectedStream {
  readonly sha256: string;
  readonly size: number | null;
}

/** Where backups are kept. */
export interface BackupStore {
  readonly kind: string;
  /** What people must know of this place before they rely on it; a sentence. */
  readonly caveat: string;
  readonly isEncrypted: boolean;
  /** Absolute real paths on this machine that hold the store, which no source may read. */
  readonly directories: readonly string[];
  /** Nothing is ever overwritten: a second backup of the same source and release gets an id of its own. */
  begin(label: Omit<Label, 'takenAt'>, onBytes: (count: number) => void): Promise<SnapshotWriter>;
  /**
   * Fails when the backup is missing or is not as it was written, here or while it is read. `expected`: the one
   * stream, as the writer told or the ledger has it (which may not know its size); null where the store knows by
   * itself what it was given.
   */
  open(
    id: string,
    of: { readonly source: string; readonly expected: ExpectedStream | null },
  ): Promise<StoredSnapshot>;
  /** All backups of a source, the newest first. */
  list(of: Pick<Label, 'service' | 'environment' | 'source'>): Promise<readonly StoredHead[]>;
  /** Removes backups by their ids, and what only they needed. */
  remove(ids: readonly string[]): Promise<void>;
  byHand(id: string, source: string): ByHand;
}

export interface SourceContext {
  /** Absolute real path that relative paths and globs are resolved against. */
  readonly workspace: string;
  /** Absolute real paths that are not part of any source. */
  readonly excluded: readonly string[];
  /** Whether what looks like a secret may go into the store without being asked for by its full path. */
  readonly isEncrypted: boolean;
  /** The `RELEASE_*` variables that scripts and programs get. */
  readonly env: Readonly<Record<string, string>>;
  /** Replaces each `${NAME}` of a plan's text; rejects naming `what` and the variables that are not set. */
  expand(text: string, what: string): string;
  /** Where scratch directories are made. */
  readonly temporary: string;
  readonly signal?: AbortSignal;
}

export interface RestoreContext extends SourceContext {
  /** An empty directory, mode 0700, that is removed afterwards with all that is in it. */
  readonly scratch: string;
  /** How far to prove. Below `identical` nothing need be compared, so nothing need be hashed on the way. */
  readonly prove: Proof;
}

/** A copy in scratch space, lent for as long as it is needed. */
export interface RestoredCopy {
  /** What was stored: what `take` told, or what the stream showed while it was restored. */
  original(): Promise<Content>;
  /** What the copy consists of, found from the copy alone. */
  content(): Promise<Content>;
  /**
   * Where a script finds the copy: `RELEASE_SCRATCH` is a directory, `RELEASE_SCRATCH_URL` a database. What a script
   * would take for the live data (`DATABASE_URL`, `PGHOST`, …) is not touched: the script reads these names.
   */
  readonly env: Readonly<Record<string, string>>;
}

/** One source of a plan, of one kind of data, whose bytes go through a store. */
export interface StreamedSource {
  readonly kind: BackupSource['kind'];
  readonly form: 'streamed';
  /**
   * Streams the data into `writer`; the source is read, never changed. Of what it reads nothing counts until the
   * caller commits the writer, so a failure here leaves nothing.
   */
  take(writer: SnapshotWriter, context: SourceContext): Promise<Taken>;
  /**
   * Restores what the store gives back into scratch space and lends the copy to `use`; what it made outside of
   * `context.scratch` (a server, a database) is gone when this settles. It must read the stored stream to its end
   * before it lends: only then is it known to be sound. Whatever does not exit with 0 fails.
   */
  restore<T>(
    stored: StoredSnapshot,
    options: { readonly context: RestoreContext; readonly content: Content | null },
    use: (copy: RestoredCopy) => Promise<T>,
  ): Promise<T>;
  /** A shell command that restores the data by hand into a new place, `restored`. It holds no password. */
  restoreCommand(byHand: ByHand, context: SourceContext): string;
  /** Restoring over the live data, by hand only; null for a kind that cannot. */
  readonly replacement: Replacement | null;
}

/** A source that is kept where it is: nothing goes through the store. */
export interface ExternalSource {
  readonly kind: BackupSource['kind'];
  readonly form: 'external';
  /** Returns the id by which the snapshot is found again. */
  take(context: SourceContext): Promise<{ readonly id: string }>;
  /** Resolves when the snapshot is proved as far as `prove` says. */
  prove(id: string, options: { readonly context: SourceContext; readonly prove: Proof }): Promise<void>;
  restoreCommand(id: string): string;
  readonly replacement: Replacement | null;
}

export type BackupSourceDriver = StreamedSource | ExternalSource;

/** What a swap exchanges, or what must stay where it is until it is done: absolute paths, or the URL of a database. */
export interface Claim {
  /** Those that are known before. */
  readonly paths: readonly string[];
  /** Whether an exchange moves this path, too. */
  covers(path: string): boolean;
}

/**
 * Putting restored data in the place of the live data, in steps between which a runner may be lost. `token` is equal
 * in all calls of one restore (the id of the rollback) and makes its names: `<name>_restored_<token>` beside the live
 * one, `<name>_before_<token>` for what was live. No step runs twice by itself: `look` tells a later run where it is.
 */
export interface Replacement {
  /** What it will replace. Asks no server. */
  claim(context: SourceContext): Promise<Claim>;
  /**
   * Rejects with what is known to stand against it before anything is stopped: rights, room, and what cannot be
   * moved. `bytes`: of the backup. What it cannot see shows later.
   */
  check(context: SourceContext, bytes?: number): Promise<void>;
  /** A cheap look at the present state before anything is stopped; rejects where it plainly cannot be backed up. */
  readonly checkSavable?: (context: SourceContext) => Promise<void>;
  /** Removes what failed restores left beside the live data, where its name proves that. Returns what it was. */
  removeLeftovers(context: SourceContext): Promise<readonly string[]>;
  /** Restores into the new place beside the live one and returns what is there; one left unfinished is made anew. */
  restoreBeside(
    stored: StoredSnapshot,
    options: { readonly context: RestoreContext; readonly token: string },
  ): Promise<{ readonly original: Content; readonly copy: Content }>;
  /** Live data away, restored data in its place; as near to one atomic step as the kind of data allows. */
  swap(context: SourceContext, token: string): Promise<void>;
  /**
   * `live`: the live data was not touched; `restored`: the restored data is in its place; `between`: neither, and a
   * person must finish it by `commands`.
   */
  look(context: SourceContext, token: string): Promise<'live' | 'restored' | 'between'>;
  /** What a person types to finish or undo the swap. */
  commands(
    context: SourceContext,
    token: string,
  ): Promise<{ readonly finish: readonly string[]; readonly undo: readonly string[] }>;
}
