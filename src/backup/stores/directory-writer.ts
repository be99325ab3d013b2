import { createHash, randomBytes } from 'node:crypto';
import { access, type FileHandle, mkdir, open, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { writeAll } from '../chunks.js';
import type { Entry, StoredObject } from '../entry.js';
import { pool } from '../pool.js';
import { pour } from '../pour.js';
import { BackupProblem } from '../problem.js';
import type { Label, Snapshot, SnapshotWriter, TreeItem } from '../provider.js';
import { refuseWhileRemoving } from './directory-removal.js';
import { isSound, objectPath } from './object.js';
import { formatSnapshot } from './snapshot-file.js';
import { unusable } from './unusable.js';

/** Files at a time. */
const LANES = 8;
/** Items that are asked for at a time. */
const GROUP = 64;

interface Session {
  readonly root: string;
  /** A directory of its own below `staging/`: until the commit nothing is anywhere else. */
  readonly staging: string;
  readonly onBytes: (count: number) => void;
  /** SHA-256 of what is staged or claimed → its path there; null when the store has it already. */
  readonly objects: Map<string, string | null>;
}

/** Writes one snapshot: everything into a staging directory first, then by renames, the snapshot's own file last. */
export async function createDirectoryWriter(options: {
  readonly root: string;
  readonly label: Omit<Label, 'takenAt'>;
  readonly onBytes: (count: number) => void;
}): Promise<SnapshotWriter> {
  const { root, label, onBytes } = options;
  const name = `${label.release}-${label.source}`;
  const staging = join(root, 'staging', randomBytes(8).toString('hex'));
  const session: Session = { root, staging, onBytes, objects: new Map() };
  const orUnusable = (error: unknown): never => {
    throw unusable(root, error);
  };
  await mkdir(staging, { mode: 0o700 }).catch(orUnusable);
  await refuseWhileRemoving(root).catch(async (error: unknown) => {
    await rm(staging, { recursive: true, force: true });
    throw error;
  });
  return {
    stream: (fill) => add(session, fill),
    tree: (items) => addTree(session, items),
    commit: (snapshot) => commit(session, name, snapshot).catch(orUnusable),
    discard: () => rm(staging, { recursive: true, force: true }).catch(() => undefined),
  };
}

/** What is read must be what was just looked at, so no more items are asked for than are being read. */
async function addTree(session: Session, items: AsyncIterable<TreeItem>): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let group: TreeItem[] = [];
  const take = async () => {
    entries.push(...(await pool(group, LANES, (item) => addItem(session, item))));
    group = [];
  };
  for await (const item of items) {
    group.push(item);
    if (group.length === GROUP) await take();
  }
  await take();
  return entries;
}

async function addItem(session: Session, item: TreeItem): Promise<Entry> {
  if (item.type !== 'file') return item;
  const { read, ...file } = item;
  return { ...file, ...(await add(session, (sink) => pour(read(), sink))) };
}

async function add(session: Session, fill: (sink: Writable) => Promise<void>): Promise<StoredObject> {
  const path = join(session.staging, randomBytes(8).toString('hex'));
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw unusable(session.root, error);
  });
  try {
    const object = await receive(file, fill, session);
    await keep(session, object, { path, file });
    return object;
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
}

/** Hashes and counts what flows into the file. When the disk fails, that is the reason, not what the producer says then. */
async function receive(
  file: FileHandle,
  fill: (sink: Writable) => Promise<void>,
  { root, onBytes }: Session,
): Promise<StoredObject> {
  const hash = createHash('sha256');
  let size = 0;
  const failures: unknown[] = [];
  const sink = new Writable({
    highWaterMark: 1024 * 1024,
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      onBytes(chunk.length);
      writeAll(file, chunk).then(
        () => done(),
        (error: Error) => {
          failures.push(unusable(root, error));
          done(error);
        },
      );
    },
  });
  const ended = finished(sink).catch((error: unknown) => failures.push(error));
  try {
    await fill(sink);
    sink.end();
    await ended;
  } catch (error) {
    sink.destroy();
    await ended;
    throw failures.find((failure) => failure instanceof BackupProblem) ?? error;
  }
  if (failures.length > 0) throw failures[0];
  return { sha256: hash.digest('hex'), size };
}

/**
 * Keeps what was staged, unless the store has the same object and it is sound: then that one is used, and a damaged
 * one will be replaced at the commit. The claim comes first, so that of two equal files only one is kept.
 */
async function keep(
  session: Session,
  object: StoredObject,
  staged: { path: string; file: FileHandle },
): Promise<void> {
  const { sha256 } = object;
  if (session.objects.has(sha256)) {
    await unlink(staged.path);
    return;
  }
  session.objects.set(sha256, null);
  if (await isSound(join(session.root, 'objects', objectPath(sha256)), object)) {
    await unlink(staged.path);
    return;
  }
  await staged.file.sync().catch((error: unknown) => {
    throw unusable(session.root, error);
  });
  session.objects.set(sha256, staged.path);
}

async function commit(
  { root, staging, objects }: Session,
  name: string,
  snapshot: Snapshot,
): Promise<string> {
  const staged = [...objects].flatMap(([sha256, path]) => (path === null ? [] : [{ sha256, path }]));
  const places = staged.map(({ sha256, path }) => ({
    from: path,
    to: join(root, 'objects', objectPath(sha256)),
  }));
  const shards = new Set(places.map(({ to }) => dirname(to)));
  for (const shard of shards) await mkdir(shard, { recursive: true, mode: 0o700 });
  await pool(places, LANES, ({ from, to }) => rename(from, to));
  await pool([...shards, join(root, 'objects')], LANES, syncDirectory);

  const manifest = join(staging, 'snapshot.json');
  await writeSynced(manifest, formatSnapshot(snapshot));
  const id = await freeId(root, name);
  await rename(manifest, join(root, 'snapshots', `${id}.json`));
  await syncDirectory(join(root, 'snapshots'));
  await rm(staging, { recursive: true, force: true });
  return id;
}

/** A release that is resumed may back up again, perhaps after its effects: the earlier snapshot must stay. */
async function freeId(root: string, name: string): Promise<string> {
  const safe = name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^[.-]/, '_');
  for (let count = 1; ; count += 1) {
    const id = count === 1 ? safe : `${safe}-${count}`;
    const isTaken = await access(join(root, 'snapshots', `${id}.json`)).then(
      () => true,
      () => false,
    );
    if (!isTaken) return id;
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is on the disk only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
