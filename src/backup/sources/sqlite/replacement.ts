import { constants, type Stats } from 'node:fs';
import { access, type FileHandle, link, lstat, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { writeAll } from '../../chunks.js';
import { leftoversIn } from '../../leftovers.js';
import { BackupProblem, messageOf, systemCode } from '../../problem.js';
import type { Replacement, SourceContext } from '../../provider.js';
import { refuseWithoutRoom } from '../../room.js';
import { contentOf } from './content.js';
import type { SqliteEngine } from './engine.js';

/** What SQLite keeps beside a database as long as somebody has it open, and after a crash. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/** Puts a restored database file in the place of the live one, by one rename. */
export function sqliteReplacement(
  engine: SqliteEngine,
  of: {
    readonly liveFile: (context: SourceContext) => Promise<string>;
    /** A shell word for the live file with something after it. */
    readonly word: (context: SourceContext, live: string, suffix: string) => string;
    /** Rejects when it is plainly none that can be read. */
    readonly refuseOther: (file: string) => Promise<void>;
  },
): Replacement {
  const { liveFile, word } = of;
  const places = (live: string, token: string) => {
    return { live, restored: `${live}_restored_${token}`, before: `${live}_before_${token}` };
  };
  return {
    async claim(context) {
      const { live, restored, before } = places(await liveFile(context), 'none');
      const paths = [live, ...COMPANIONS.map((companion) => `${live}${companion}`), restored, before];
      return { paths, covers: (path) => paths.includes(path) };
    },

    async check(context, bytes) {
      const file = await liveFile(context);
      await refuseDangling(file);
      await refuseDirectory(file, (suffix) => word(context, file, suffix));
      await access(dirname(file), constants.W_OK).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT')
          throw new BackupProblem(
            'failed',
            `the directory of ${JSON.stringify(file)} is gone; see whether its disk is mounted, and if it was removed, make it with its owner and restore again with \`override: broken-state\`: mkdir -p "$(dirname ${word(context, file, '')})"`,
            error,
          );
        throw new BackupProblem(
          'failed',
          `the directory of ${JSON.stringify(file)} cannot be written (${messageOf(error)}), so nothing can be renamed in it`,
          error,
        );
      });
      await refuseWithoutRoom(dirname(file), bytes);
    },

    checkSavable: async (context) => of.refuseOther(await liveFile(context)),

    async removeLeftovers(context) {
      const { dir, base } = parse(await liveFile(context));
      const names = await readdir(dir);
      const left = leftoversIn(names, base).map((name) => join(dir, name));
      for (const path of left) await rm(path);
      return left;
    },

    async restoreBeside(stored, { context, token }) {
      const { live, restored } = places(await liveFile(context), token);
      await rm(restored, { force: true });
      // Of a database that is gone, the directory tells whose it was.
      const like = await stat((await inodeOf(live)) === null ? dirname(live) : live);
      const file = await open(restored, 'wx', 0o600);
      try {
        for await (const chunk of stored.stream()) await writeAll(file, chunk);
        await giveTo(file, like);
        await file.chmod(like.isFile() ? like.mode & 0o777 : 0o600);
        await file.sync();
      } finally {
        await file.close();
      }
      const content = await contentOf(engine, { file: restored, signal: context.signal });
      return { original: content, copy: content };
    },

    async swap(context, token) {
      const { live, restored, before } = places(await liveFile(context), token);
      const aside = (one: string) =>
        `mv ${word(context, live, one)} ${word(context, live, `_before_${token}${one}`)}`;
      await fold(engine, { file: live, aside, signal: context.signal });
      // From here on there is always a whole database under the live name: the old one, then at once the new one.
      if ((await inodeOf(live)) !== null) await link(live, before);
      // The mark of a swap, for who looks next.
      else await (await open(before, 'wx', 0o600)).close();
      await rename(restored, live);
      await flush(dirname(live));
    },

    async look(context, token) {
      const { live, restored, before } = places(await liveFile(context), token);
      if ((await inodeOf(restored)) !== null) return 'live';
      const kept = await inodeOf(before);
      if (kept === null) return 'live';
      // A restored file that is gone was not always renamed: as long as both names are of one file, nothing was.
      const now = await inodeOf(live);
      if (now === null) return 'between';
      return now === kept ? 'live' : 'restored';
    },

    async commands(context, token) {
      const file = await liveFile(context);
      const [live, restored, before] = ['', `_restored_${token}`, `_before_${token}`].map((suffix) =>
        word(context, file, suffix),
      );
      return {
        finish: [`ln -f ${live} ${before} && mv ${restored} ${live}`],
        undo: [`mv ${before} ${live}`],
      };
    },
  };
}

/**
 * Brings what lies beside the database into it. A log that stays would be applied to the restored database, which it
 * does not belong to; and who still has the old one open would go on writing where nobody reads.
 */
async function fold(
  engine: SqliteEngine,
  of: {
    readonly file: string;
    /** The command that puts one of them aside. */
    readonly aside: (companion: string) => string;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { file, signal } = of;
  // Without them a broken database need not be opened.
  if ((await companionsOf(file)).length === 0) return;
  const sql = ['PRAGMA busy_timeout = 10000', 'PRAGMA wal_checkpoint(TRUNCATE)'];
  const isGone = (await inodeOf(file)) === null;
  await (isGone ? Promise.reject(new Error('it is gone')) : engine({ file, sql, signal })).catch(
    async (error: unknown) => {
      signal?.throwIfAborted();
      const aside = (await companionsOf(file)).map(of.aside);
      throw new BackupProblem(
        'failed',
        `what lies beside ${JSON.stringify(file)} cannot be brought into it (${messageOf(error)}); if the database is broken and nobody has it open, put it aside and restore again: ${aside.join(' && ')}`,
        error,
      );
    },
  );
  const [left] = await companionsOf(file);
  if (left === undefined) return;
  throw new BackupProblem(
    'failed',
    `${JSON.stringify(`${file}${left}`)} is there, so somebody has the database open; \`rollback.quiesce.on\` must make everybody close it`,
  );
}

async function companionsOf(file: string): Promise<readonly string[]> {
  const found = await Promise.all(COMPANIONS.map(async (one) => (await inodeOf(`${file}${one}`)) !== null));
  return COMPANIONS.filter((_one, at) => found[at]);
}

/** Who reads the live database must be able to read the restored one. */
async function giveTo(file: FileHandle, { uid, gid }: Stats): Promise<void> {
  const made = await file.stat();
  if (made.uid === uid && made.gid === gid) return;
  await file.chown(uid, gid).catch((error: unknown) => {
    throw new BackupProblem(
      'failed',
      `the restored database cannot be given to the owner of the live one (user ${uid}, group ${gid}: ${messageOf(error)}); run the job as that user`,
      error,
    );
  });
}

/** A link that leads nowhere is what a disk that failed to mount looks like; a rename would replace the link. */
async function refuseDangling(file: string): Promise<void> {
  const found = await lstat(file).catch(() => null);
  if (!found?.isSymbolicLink()) return;
  throw new BackupProblem(
    'failed',
    `${JSON.stringify(file)} is a symbolic link that leads nowhere; see whether its disk is mounted`,
  );
}

async function refuseDirectory(file: string, word: (suffix: string) => string): Promise<void> {
  const found = await lstat(file).catch(() => null);
  if (!found?.isDirectory()) return;
  throw new BackupProblem(
    'failed',
    `${JSON.stringify(file)} is a directory, which no restored file can take the place of; put it aside and restore again with \`override: broken-state\`: mv ${word('')} ${word('_aside')}`,
  );
}

async function flush(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}

/** Null when nothing is there. */
async function inodeOf(path: string): Promise<bigint | null> {
  try {
    return (await stat(path, { bigint: true })).ino;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw new BackupProblem('failed', `${path} cannot be looked at (${messageOf(error)})`, error);
  }
}
