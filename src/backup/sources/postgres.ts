import type { PostgresSource } from '../../plan/plan.js';
import type { Content } from '../content.js';
import { fanOut, runTool } from '../flow.js';
import type { SourcePorts } from '../ports.js';
import { reaches } from '../prove.js';
import type { Claim, RestoreContext, SourceContext, StoredSnapshot, StreamedSource } from '../provider.js';
import { ContentScanner } from '../scanner.js';
import { handName, piped } from '../shell.js';
import { withTimeLimit } from '../time-limit.js';
import { claimOfDatabase } from './database-claim.js';
import { type PostgresConnection, parsePostgresUrl, reachedByHand } from './postgres/connection.js';
import { postgresReplacement } from './postgres/replacement.js';
import { withScratchDatabase } from './postgres/scratch.js';
import { connect } from './postgres/server.js';
import { databaseOf, type PostgresSession, toolFor } from './postgres/session.js';
import { postgresText } from './postgres/text.js';

/** The canonical text has neither: the owner's role may not exist where the copy is. The archive has both. */
const WITHOUT_OWNERS = ['--no-owner', '--no-acl'];

/** How long pg_dump waits for a table that somebody has locked against reading. */
const LOCK_WAIT = '60s';

/** A PostgreSQL database, read by pg_dump: all of it from one snapshot, whatever is written meanwhile. */
export function createPostgresDriver(source: PostgresSource, ports: SourcePorts): StreamedSource {
  const { programs } = ports;
  const what = `backup.sources.${source.name}.postgres`;
  const connectionOf = ({ expand }: SourceContext) => parsePostgresUrl(expand(source.url, what), what);
  const live = (context: SourceContext) =>
    connect(programs, { connection: connectionOf(context), signal: context.signal });

  const elsewhere = async (context: SourceContext) => {
    const { signal } = context;
    const at = (PGDATABASE: string) =>
      connect(programs, { connection: { ...connectionOf(context), PGDATABASE }, signal });
    const reached = await at('postgres')
      .catch(() => at('template1'))
      .catch(() => live(context));
    return reached.session;
  };

  return {
    kind: 'postgres',
    form: 'streamed',

    take: (writer, whole) =>
      withTimeLimit(whole, source, async (context) => {
        const { session } = await live(context);
        const stored = await writer.stream((output) => runTool(programs, dump(source, session), { output }));
        return { content: null, bytes: stored.size, items: null, entries: [{ type: 'stream', ...stored }] };
      }),

    restore: (stored, { context: whole }, use) =>
      withTimeLimit(whole, source, async (context) => {
        const { session, server, installed } = await live(context);
        const wanted = { source, ports, context, live: { session, server }, installed };
        return withScratchDatabase(wanted, async ({ session: scratch, url }) => {
          const original = await restoreInto(scratch, { stored, context, owners: false });
          return use({
            original,
            content: () => contentOf(source, scratch),
            env: { RELEASE_SCRATCH: context.scratch, RELEASE_SCRATCH_URL: url },
          });
        });
      }),

    restoreCommand: (byHand, context) => {
      const into = handName(source.name);
      const { options, note } = reachedByHand(source.url, connectionOf(context));
      const restore = `pg_restore ${options}--exit-on-error --single-transaction --dbname=${into}`;
      return `createdb ${options}${into} && ${piped(byHand.stream, restore)}${note}`;
    },

    // What holds a part of a database must never take the place of all of it.
    replacement: isWhole(source)
      ? postgresReplacement({
          live,
          restore: (into, options) => restoreInto(into, { ...options, owners: true }),
          contentOf: (session) => contentOf(source, session),
          elsewhere,
          byHand: (context) => reachedByHand(source.url, connectionOf(context)),
          claimOf: (context) => claimOn(connectionOf(context)),
          databaseOf: (context) => connectionOf(context).PGDATABASE ?? 'DATABASE',
        })
      : null,
  };
}

function claimOn({ PGHOSTADDR, PGHOST = '', PGPORT, PGDATABASE, PGSERVICE = '' }: PostgresConnection): Claim {
  const name = PGDATABASE ?? `service ${PGSERVICE}`;
  return claimOfDatabase('postgres', { host: PGHOSTADDR ?? PGHOST, port: PGPORT ?? '5432', name });
}

function dump(source: PostgresSource, session: PostgresSession) {
  return toolFor(session, 'pg_dump', [
    ...['--format=custom', '--compress=0', '--no-password', `--lock-wait-timeout=${LOCK_WAIT}`],
    ...selection(source),
  ]);
}

function isWhole({ schemas, tables }: PostgresSource): boolean {
  return schemas.length === 0 && tables.length === 0;
}

function selection({ schemas, tables }: PostgresSource): readonly string[] {
  return [...schemas.map((schema) => `--schema=${schema}`), ...tables.map((table) => `--table=${table}`)];
}

/**
 * Restores an archive in one transaction, and makes of the same stream the text that tells what is in it. Of an
 * archive without compression a changed value breaks nothing: only that text shows it.
 */
async function restoreInto(
  scratch: PostgresSession,
  options: { readonly stored: StoredSnapshot; readonly context: RestoreContext; readonly owners: boolean },
): Promise<() => Promise<Content>> {
  const { stored, context, owners } = options;
  const args = [
    '--exit-on-error',
    '--single-transaction',
    '--no-password',
    ...(owners ? [] : WITHOUT_OWNERS),
  ];
  const restore = toolFor(scratch, 'pg_restore', [...args, databaseOf(scratch)]);
  if (!reaches(context.prove, 'identical')) {
    await runTool(scratch.programs, restore, { input: stored.stream() });
    return async () => ({ digest: '', parts: [] });
  }
  const scanner = new ContentScanner(postgresText());
  const print = toolFor(scratch, 'pg_restore', [...WITHOUT_OWNERS, '--file=-']);
  await fanOut(stored.stream(), [
    (input) => runTool(scratch.programs, restore, { input }),
    (input) => runTool(scratch.programs, print, { input, output: scanner }),
  ]);
  return () => scanner.content();
}

async function contentOf(source: PostgresSource, session: PostgresSession): Promise<Content> {
  const scanner = new ContentScanner(postgresText());
  const print = toolFor(session, 'pg_dump', [...WITHOUT_OWNERS, '--no-password', ...selection(source)]);
  await runTool(session.programs, print, { output: scanner });
  return scanner.content();
}
