import type { MysqlSource } from '../../plan/plan.js';
import type { Content } from '../content.js';
import { fanOut, runTool } from '../flow.js';
import type { SourcePorts } from '../ports.js';
import { reaches } from '../prove.js';
import type { RestoreContext, SourceContext, StoredSnapshot, StreamedSource } from '../provider.js';
import { ContentScanner } from '../scanner.js';
import { handName, piped } from '../shell.js';
import { withTimeLimit } from '../time-limit.js';
import { claimOfDatabase } from './database-claim.js';
import { parseMysqlUrl, reachedByHand } from './mysql/connection.js';
import { mysqlReplacement } from './mysql/replacement.js';
import { refuseWithoutRights } from './mysql/rights.js';
import { withScratchDatabase } from './mysql/scratch.js';
import { type MysqlServer, type MysqlSession, toolFor, withSession } from './mysql/session.js';
import { refuseRounded, refuseTables } from './mysql/tables.js';
import { mysqlText } from './mysql/text.js';

/** One snapshot of all tables, without a lock; and a text that is equal for equal data, whenever it is made. */
const CANONICAL = [
  ...[
    '--single-transaction',
    '--quick',
    '--routines',
    '--triggers',
    '--events',
    '--hex-blob',
    '--no-tablespaces',
  ],
  ...['--skip-dump-date', '--skip-comments', '--order-by-primary', '--default-character-set=utf8mb4'],
  '--max-allowed-packet=1G',
];

/** Of MySQL's own: without what belongs to the server, and without asking what MariaDB does not know. */
const OF_MYSQL = ['--set-gtid-purged=OFF', '--column-statistics=0'];

/** A MariaDB or MySQL database, read by its dump program: all of it from one snapshot, whatever is written meanwhile. */
export function createMysqlDriver(source: MysqlSource, ports: SourcePorts): StreamedSource {
  const { programs } = ports;
  const what = `backup.sources.${source.name}.mysql`;
  const connectionOf = (context: SourceContext) => parseMysqlUrl(context.expand(source.url, what), what);
  const withLive = <T>(
    context: SourceContext,
    work: (live: { readonly session: MysqlSession; readonly server: MysqlServer }) => Promise<T>,
  ): Promise<T> => {
    const { temporary, signal } = context;
    return withSession(programs, { connection: connectionOf(context), temporary, signal }, work);
  };

  return {
    kind: 'mysql',
    form: 'streamed',

    take: (writer, whole) =>
      withTimeLimit(whole, source, (context) =>
        withLive(context, async ({ session, server }) => {
          await refuseWithoutRights(session, server);
          await refuseTables(session);
          const stored = await writer.stream((output) => runTool(programs, dump(session), { output }));
          return { content: null, bytes: stored.size, items: null, entries: [{ type: 'stream', ...stored }] };
        }),
      ),

    restore: (stored, { context: whole }, use) =>
      withTimeLimit(whole, source, (context) =>
        withLive(context, (live) =>
          withScratchDatabase({ source, ports, context, live }, async ({ session, url }) => {
            const original = await restoreInto(session, { stored, context });
            return use({
              original,
              content: () => contentOf(session),
              env: { RELEASE_SCRATCH: context.scratch, RELEASE_SCRATCH_URL: url },
            });
          }),
        ),
      ),

    restoreCommand: (byHand, context) => {
      const into = handName(source.name);
      const { options, note } = reachedByHand(source.url, connectionOf(context));
      const client = `mariadb ${options}`;
      return `${client}-e 'CREATE DATABASE \`${into}\`' && ${piped(byHand.stream, `${client}${into}`)}${note}`;
    },

    replacement: mysqlReplacement({
      withLive,
      restore: restoreInto,
      contentOf,
      byHand: (context) => reachedByHand(source.url, connectionOf(context)),
      claimOf: (context) => {
        const { options, database: name } = connectionOf(context);
        const { socket, host = '', port = '3306' } = options;
        return claimOfDatabase('mysql', { host: socket ?? host, port, name });
      },
    }),
  };
}

function dump(session: MysqlSession) {
  const own = session.clients.family === 'MySQL' ? OF_MYSQL : [];
  return toolFor(session, 'dump', [...CANONICAL, ...own, '--', session.database]);
}

/** What is dumped is the canonical text itself: it tells what was stored while it is restored. */
async function restoreInto(
  session: MysqlSession,
  { stored, context }: { readonly stored: StoredSnapshot; readonly context: RestoreContext },
): Promise<() => Promise<Content>> {
  const options = ['--batch', '--default-character-set=utf8mb4', '--max-allowed-packet=1G'];
  const restore = toolFor(session, 'client', [...options, '--', session.database]);
  if (!reaches(context.prove, 'identical')) {
    await runTool(session.programs, restore, { input: stored.stream() });
    return async () => ({ digest: '', parts: [] });
  }
  const scanner = new ContentScanner(mysqlText());
  await fanOut(stored.stream(), [
    (input) => runTool(session.programs, restore, { input }),
    async (input) => {
      for await (const chunk of input) scanner.write(chunk);
    },
  ]);
  return () => scanner.content();
}

async function contentOf(session: MysqlSession): Promise<Content> {
  await refuseRounded(session);
  const scanner = new ContentScanner(mysqlText());
  await runTool(session.programs, dump(session), { output: scanner });
  return scanner.content();
}
