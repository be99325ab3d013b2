import type { Writable } from 'node:stream';
import type { BackupSource } from '../plan/plan.js';
import type { Entry, StoredObject } from './entry.js';

/** What was read from a source, before anything is proved. */
export interface Taken {
  /** SHA-256 in hex; compared with that of the restored copy. */
  readonly digest: string;
  readonly bytes: number;
  /** Files for `files`; null where it has no meaning. */
  readonly items: number | null;
  readonly entries: readonly Entry[];
}

/** What a store keeps of one source of one release. */
export interface Snapshot extends Taken {
  readonly release: string;
  readonly environment: string;
  readonly source: string;
  readonly kind: string;
  /** ISO 8601, UTC, when the source had been read. */
  readonly takenAt: string;
}

/** Shell commands for people, which need neither this action nor Node. */
export interface ByHand {
  /** Restores a tree of files into a directory; `target` is a shell word. */
  tree(target: string): string;
  /** Prints the one stream of a snapshot on stdout. */
  readonly stream: string;
}

export interface SnapshotWriter {
  /**
   * Streams one object into the store. The content counts only when `fill` has resolved: then `add` ends the sink
   * itself if `fill` has not. When the sink fails, `add` rejects with the reason of the sink, not of `fill`.
   */
  add(fill: (sink: Writable) => Promise<void>): Promise<StoredObject>;
  /** Makes the snapshot visible: objects first, the snapshot last. Returns its id in the store. */
  commit(snapshot: Snapshot): Promise<string>;
  /** Removes all that was added and not committed; harmless after `commit`. Never rejects. */
  discard(): Promise<void>;
}

export interface StoredSnapshot {
  readonly snapshot: Snapshot;
  /** The content as it comes from the store; fails at the end, naming the object, if it is not what was stored. */
  read(object: StoredObject): AsyncIterable<Uint8Array>;
}

/** Where backups are kept. Every rejection is a `BackupProblem`. */
export interface BackupStore {
  readonly kind: string;
  /** What people must know of this place before they rely on it; a sentence. */
  readonly caveat: string;
  /** Absolute real paths on this machine that hold the store, which no source may read. */
  readonly directories: readonly string[];
  /** `name` becomes the id, with a suffix when the store has one of that name: nothing is ever overwritten. */
  begin(name: string, onBytes: (count: number) => void): Promise<SnapshotWriter>;
  /** Fails when the snapshot is missing or is not as it was written. */
  open(id: string): Promise<StoredSnapshot>;
  byHand(id: string): ByHand;
}

export interface SourceContext {
  /** Absolute real path that relative globs are resolved against. */
  readonly workspace: string;
  /** Absolute real paths that are not part of any source. */
  readonly excluded: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where scratch directories are made. */
  readonly temporary: string;
  readonly signal?: AbortSignal;
}

export interface RestoreContext extends SourceContext {
  /** An empty directory, mode 0700, that is removed afterwards. */
  readonly scratch: string;
}

/**
 * One source of a plan, of one kind of data. Every rejection is a `BackupProblem`, or any error once the signal is
 * aborted. Of what a driver reads, nothing counts until the caller commits the writer.
 */
export interface BackupSourceDriver {
  readonly kind: BackupSource['kind'];
  /** Streams the data into `writer`; the source is read, never changed. */
  take(writer: SnapshotWriter, context: SourceContext): Promise<Taken>;
  /** Restores into `context.scratch` what the store gives back. */
  restore(stored: StoredSnapshot, context: RestoreContext): Promise<void>;
  /** The digest of the restored copy, found from `context.scratch` alone. */
  digestOf(context: RestoreContext): Promise<string>;
  /** Says what differs, for people; asked only when the digests do. */
  explain(snapshot: Snapshot, context: RestoreContext): Promise<string>;
  /** A shell command that restores the data by hand, into a new directory `restored`. */
  restoreCommand(byHand: ByHand): string;
}
