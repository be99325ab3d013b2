import { PASSWORD, POSTGRES, startMariadb, startPostgres } from '../../__tests__/backup/servers.js';
import type { Case } from './case.js';

const POSTGRES_ROWS = 1_500_000;
const MARIADB_ROWS = 600_000;
const TIMEOUT_MS = 600_000;

/** A shop's orders in PostgreSQL. Ours makes a throw-away server for the copy; by hand it goes into one that runs. */
export async function postgres(root: string): Promise<Case> {
  const [live, other] = await startPostgres(2);
  if (!live || !other) throw new Error('two servers were asked for');
  await live.sql('CREATE DATABASE shop');
  await live.sql(
    `CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS item, md5((n * 7)::text) || md5((n * 3)::text) AS note,
       random() AS price, now() - n * interval '1 minute' AS at FROM generate_series(1, ${POSTGRES_ROWS}) n;
     ALTER TABLE orders ADD PRIMARY KEY (id)`,
    'shop',
  );
  const target = `--dbname="$OTHER/copy"`;
  return {
    name: 'postgres',
    pairs: 5,
    source: {
      ...{ kind: 'postgres', name: 'orders', usable: null, url: '${DATABASE_URL}', scratch: null },
      ...{ schemas: [], tables: [], timeoutMs: TIMEOUT_MS },
    },
    workspace: root,
    env: {
      DATABASE_URL: live.url('shop'),
      OTHER: other.url('').slice(0, -1),
      PATH: `${POSTGRES}:${process.env.PATH ?? ''}`,
    },
    backup: 'pg_dump -Fc -Z0 --dbname="$DATABASE_URL" | restic backup --stdin --stdin-filename dump',
    restore: `psql -qX "$OTHER/postgres" -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS copy' -c 'CREATE DATABASE copy'
      restic dump latest /dump | pg_restore -e -1 ${target}`,
    remove: async () => {
      await Promise.all([live, other].map((server) => server.stop()));
    },
  };
}

/** The same in MariaDB; the copy goes into a server that runs, on both sides. */
export async function mariadb(root: string): Promise<Case> {
  const [live, other] = await startMariadb(2);
  if (!live || !other) throw new Error('two servers were asked for');
  await live.sql('CREATE DATABASE shop');
  await live.sql(
    `CREATE TABLE orders (id INT PRIMARY KEY, item CHAR(32), note VARCHAR(80), price DOUBLE) ENGINE=InnoDB
     SELECT seq AS id, md5(seq) AS item, concat(md5(seq * 7), md5(seq * 3)) AS note, rand() AS price
     FROM seq_1_to_${MARIADB_ROWS}`,
    'shop',
  );
  const at = (url: string) => {
    const { hostname, port, username } = new URL(url);
    return `--protocol=tcp --host=${hostname} --port=${port} --user=${username}`;
  };
  const options = [
    ...['--single-transaction', '--quick', '--routines', '--triggers', '--events', '--hex-blob'],
    ...['--skip-dump-date', '--skip-comments', '--no-tablespaces', '--order-by-primary'],
  ].join(' ');
  const copy = `mariadb ${at(other.url(''))}`;
  return {
    name: 'mariadb',
    pairs: 5,
    source: {
      ...{ kind: 'mysql', name: 'orders', usable: null, url: '${DATABASE_URL}', scratch: '${OTHER}' },
      timeoutMs: TIMEOUT_MS,
    },
    workspace: root,
    env: { DATABASE_URL: live.url('shop'), OTHER: other.url('mysql'), MYSQL_PWD: PASSWORD },
    backup: `mariadb-dump ${at(live.url(''))} ${options} shop | restic backup --stdin --stdin-filename dump`,
    restore: `${copy} -e 'DROP DATABASE IF EXISTS copy; CREATE DATABASE copy'
      restic dump latest /dump | ${copy} copy`,
    remove: async () => {
      await Promise.all([live, other].map((server) => server.stop()));
    },
  };
}
