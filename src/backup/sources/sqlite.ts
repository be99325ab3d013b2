import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { SqliteSource } from '../../plan/plan.js';
import { chunksOf, writeAll } from '../chunks.js';
import type { SourcePorts } from '../ports.js';
import { pour } from '../pour.js';
import { BackupProblem, messageOf } from '../problem.js';
import type { SourceContext, StreamedSource } from '../provider.js';
import { withScratch } from '../scratch.js';
import { handName, quoted, quotedWithVariables } from '../shell.js';
import { withTimeLimit } from '../time-limit.js';
import { contentOf } from './sqlite/content.js';
import { sqliteEngine } from './sqlite/engine.js';
import { sqliteReplacement } from './sqlite/replacement.js';

/** How long somebody may hold the database against reading, in milliseconds. */
const BUSY_MS = 60_000;

/** What a SQLite database file begins with. */
const HEADER = 'SQLite format 3\0';

/** A SQLite database in a file: `VACUUM INTO` copies it as one transaction sees it, whatever is written meanwhile. */
export function createSqliteDriver(source: SqliteSource, { programs }: SourcePorts): StreamedSource {
  const engine = sqliteEngine(programs);
  return {
    kind: 'sqlite',
    form: 'streamed',

    take: (writer, whole) =>
      withTimeLimit(whole, source, (context) =>
        withScratch(context.temporary, async (directory) => {
          const { signal } = context;
          const file = await liveFile(source, context);
          await refuseOther(file);
          const copy = join(directory, 'copy.db');
          const sql = [`PRAGMA busy_timeout = ${BUSY_MS}`, `VACUUM INTO '${copy.replaceAll("'", "''")}'`];
          await engine({ file, sql, signal });
          const content = await contentOf(engine, { file: copy, signal });
          const stored = await writer.stream((sink) =>
            withFile(copy, 'r', (handle, size) => pour(chunksOf(handle, size), sink)),
          );
          return { content, bytes: stored.size, items: null, entries: [{ type: 'stream', ...stored }] };
        }),
      ),

    restore: (stored, { context: whole, content }, use) =>
      withTimeLimit(whole, source, async (context) => {
        const file = join(context.scratch, 'restored.db');
        const asked = { file, signal: context.signal };
        await withFile(file, 'wx', async (handle) => {
          for await (const chunk of stored.stream()) await writeAll(handle, chunk);
        });
        return use({
          original: async () => content ?? (await contentOf(engine, asked)),
          content: () => contentOf(engine, asked),
          env: { RELEASE_SCRATCH: context.scratch, RELEASE_SCRATCH_DATABASE: file },
        });
      }),

    restoreCommand: (byHand) => `${byHand.stream} > ${handName(source.name)}.db`,

    replacement: sqliteReplacement(engine, {
      liveFile: (context) => liveFile(source, context),
      word: (context, live, suffix) => wordOf(source, { context, live, suffix }),
      refuseOther,
    }),
  };
}

/** Behind all links: SQLite keeps its log beside the file itself, and a rename would replace the link. */
async function liveFile({ name, path }: SqliteSource, { workspace, expand }: SourceContext): Promise<string> {
  const named = resolve(workspace, expand(path, keyOf(name)));
  const file = await realpath(named).catch(() => named);
  // Statements are lines; and nobody names a database so on purpose.
  if (!/[\n\r]/.test(file)) return file;
  throw new BackupProblem('failed', 'the path of the database holds a line end; give it another name');
}

/** By the plan's own words where they lead there: the value of a variable is masked, and a mask can not be typed. */
function wordOf(
  { name, path }: SqliteSource,
  of: { readonly context: SourceContext; readonly live: string; readonly suffix: string },
): string {
  const isSame = of.context.expand(path, keyOf(name)) === of.live;
  return isSame ? quotedWithVariables(`${path}${of.suffix}`) : quoted(`${of.live}${of.suffix}`);
}

function keyOf(name: string): string {
  return `backup.sources.${name}.sqlite`;
}

/** An empty file is a sound database without tables: which is also what a disk that failed to mount looks like. */
async function refuseOther(file: string): Promise<void> {
  const head = await withFile(file, 'r', async (handle) => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER.length), 0, HEADER.length, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  }).catch((error: unknown) => {
    throw new BackupProblem(
      'failed',
      `the database ${JSON.stringify(file)} cannot be read (${messageOf(error)}); see to its path and permissions`,
      error,
    );
  });
  if (head === HEADER) return;
  throw new BackupProblem(
    'failed',
    `${JSON.stringify(file)} is ${head === '' ? 'empty' : 'no SQLite database'}; give the path of the database itself, and see whether its disk is mounted`,
  );
}

async function withFile<T>(
  path: string,
  flags: 'r' | 'wx',
  work: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags, 0o600);
  try {
    return await work(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}
