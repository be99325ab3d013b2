import { constants } from 'node:fs';
import { access, link, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeAll } from '../../chunks.js';
import { BackupProblem, messageOf, systemCode } from '../../problem.js';
import type { Replacement, SourceContext } from '../../provider.js';
import { contentOf } from './content.js';
import type { SqliteEngine } from './engine.js';

/** What SQLite keeps beside a database as long as somebody has it open, and after a crash. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/** Puts a restored database file in the place of the live one, by one rename. */
export function sqliteReplacement(
  engine: SqliteEngine,
  liveFile: (context: SourceContext) => string,
): Replacement {
  const places = (live: string, token: string) => {
    return { live, restored: `${live}_restored_${token}`, before: `${live}_before_${token}` };
  };
  return {
    async check(context) {
      const file = liveFile(context);
      await refuseMissing(file);
      await access(dirname(file), constants.W_OK).catch((error: unknown) => {
        throw new BackupProblem(
          'failed',
          `the directory of ${JSON.stringify(file)} cannot be written (${messageOf(error)}), so nothing can be renamed in it`,
          error,
        );
      });
    },

    async restoreBeside(stored, { context, token }) {
      const { live, restored } = places(liveFile(context), token);
      await rm(restored, { force: true });
      const { mode, uid, gid } = await lstat(live).catch(() => ({ mode: 0o600, uid: -1, gid: -1 }));
      const file = await open(restored, 'wx', 0o600);
      try {
        for await (const chunk of stored.stream()) await writeAll(file, chunk);
        await file.chmod(mode & 0o777);
        if (uid >= 0 && process.getuid?.() === 0) await file.chown(uid, gid);
        await file.sync();
      } finally {
        await file.close();
      }
      const content = await contentOf(engine, { file: restored, signal: context.signal });
      return { original: content, copy: content };
    },

    async swap(context, token) {
      const { live, restored, before } = places(liveFile(context), token);
      await fold(engine, { file: live, signal: context.signal });
      // From here on there is always a whole database under the live name: the old one, then at once the new one.
      await link(live, before);
      await rename(restored, live);
      await flush(dirname(live));
    },

    async look(context, token) {
      const { restored, before } = places(liveFile(context), token);
      if (await isThere(restored)) return 'live';
      return (await isThere(before)) ? 'restored' : 'live';
    },

    async commands(context, token) {
      const { live, restored, before } = places(liveFile(context), token);
      const quoted = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;
      return {
        finish: [`ln -f ${quoted(live)} ${quoted(before)} && mv ${quoted(restored)} ${quoted(live)}`],
        undo: [`mv ${quoted(before)} ${quoted(live)}`],
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
  { file, signal }: { readonly file: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  await refuseMissing(file);
  await engine({ file, sql: ['PRAGMA busy_timeout = 10000', 'PRAGMA wal_checkpoint(TRUNCATE)'], signal });
  for (const companion of COMPANIONS) {
    if (!(await isThere(`${file}${companion}`))) continue;
    throw new BackupProblem(
      'failed',
      `${JSON.stringify(`${file}${companion}`)} is there, so somebody has the database open; \`rollback.quiesce.on\` must make everybody close it`,
    );
  }
}

async function refuseMissing(file: string): Promise<void> {
  if (await isThere(file)) return;
  throw new BackupProblem('failed', `there is no database ${JSON.stringify(file)} to replace`);
}

async function flush(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw new BackupProblem('failed', `${path} cannot be looked at (${messageOf(error)})`, error);
  }
}
