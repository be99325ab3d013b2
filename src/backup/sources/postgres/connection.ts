import { BackupProblem } from '../../problem.js';
import { quoted } from '../../shell.js';

/** Where a database is and how to get in, as the environment variables that libpq reads. */
export type PostgresConnection = Readonly<Record<string, string>>;

/** The parameters of a connection URL that libpq also reads from the environment. */
const VARIABLES: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  service: 'PGSERVICE',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  sslmode: 'PGSSLMODE',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslrootcert: 'PGSSLROOTCERT',
  sslcrl: 'PGSSLCRL',
  sslnegotiation: 'PGSSLNEGOTIATION',
  channel_binding: 'PGCHANNELBINDING',
  gssencmode: 'PGGSSENCMODE',
  krbsrvname: 'PGKRBSRVNAME',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  connect_timeout: 'PGCONNECT_TIMEOUT',
};

/** Seconds. A server that is away is told of soon, and not at the end of the job. */
const CONNECT_TIMEOUT = '30';

/**
 * Takes a connection URL apart: as an argument it would show its password to everybody on the machine. No message
 * repeats it. `what` names the field of the plan.
 */
export function parsePostgresUrl(url: string, what: string): PostgresConnection {
  const refuse = (why: string): BackupProblem =>
    new BackupProblem(
      'failed',
      `\`${what}\` ${why}; write it as postgres://user:password@host:5432/database, with what is special in it percent-encoded`,
    );
  const parts = URL_PARTS.exec(url.trim());
  if (parts === null) throw refuse('is not a URL that names one server by postgres://');
  const [, user = '', password = '', host = '', port = '', database = '', query = ''] = parts;
  const found: Record<string, string> = { PGCONNECT_TIMEOUT: CONNECT_TIMEOUT };
  const put = (variable: string, encoded: string) => {
    const value = decoded(encoded);
    if (value === null) throw refuse('holds a % that encodes nothing, or a NUL character');
    if (value !== '') found[variable] = value;
  };
  put('PGUSER', user);
  put('PGPASSWORD', password);
  put('PGHOST', host.replace(/^\[(.*)\]$/, '$1'));
  put('PGPORT', port);
  put('PGDATABASE', database);
  for (const parameter of query.split('&').filter((one) => one !== '')) {
    const [name = '', ...value] = parameter.split('=');
    const variable = VARIABLES[name];
    if (variable === undefined)
      throw refuse(
        `has the parameter \`${name}\`, which is not one of those that libpq reads (${Object.keys(VARIABLES).join(', ')})`,
      );
    put(variable, value.join('='));
  }
  if (found.PGDATABASE === undefined && found.PGSERVICE === undefined) throw refuse('names no database');
  return found;
}

/**
 * How a person reaches the same server, without the password, for which the program asks: as arguments where the plan
 * itself shows the server. What comes from a variable may be secret as a whole, and is only named, in a comment.
 */
export function reachedByHand(
  url: string,
  { PGHOST, PGHOSTADDR, PGPORT, PGUSER }: PostgresConnection,
): { readonly options: string; readonly note: string } {
  if (url.includes('${'))
    return { options: '', note: ` # with PGHOST, PGPORT, PGUSER, PGPASSWORD of ${url}` };
  const given = { host: PGHOST ?? PGHOSTADDR, port: PGPORT, username: PGUSER };
  const options = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${quoted(value)} `],
  );
  return { options: options.join(''), note: '' };
}

/** `scheme://[user[:password]@][host][:port][/database][?parameters]`; one host only. */
const URL_PARTS =
  /^postgres(?:ql)?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]+\]|[^:@/?#,[\]]*)(?::(\d*))?(?:\/([^/?#]*))?(?:\?([^#]*))?$/i;

function decoded(text: string): string | null {
  try {
    const value = decodeURIComponent(text);
    return value.includes('\0') ? null : value;
  } catch {
    return null;
  }
}
