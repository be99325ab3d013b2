import { BackupProblem } from '../../problem.js';
import { quoted } from '../../shell.js';

/** Where a MariaDB or MySQL database is and how to get in, as the options of their clients. */
export interface MysqlConnection {
  readonly options: Readonly<Record<string, string>>;
  readonly database: string;
}

/** Parameters of a URL, and the option of the clients that each stands for. */
const OPTIONS: Readonly<Record<string, string>> = {
  socket: 'socket',
  'ssl-ca': 'ssl-ca',
  'ssl-cert': 'ssl-cert',
  'ssl-key': 'ssl-key',
  'ssl-mode': 'ssl-mode',
  'ssl-verify-server-cert': 'ssl-verify-server-cert',
};

const FORM =
  'write it as mysql://user:password@host:3306/database, with what is special in it percent-encoded';

/** Takes a URL apart: as an argument it would show its password to everybody on the machine. No message repeats it. */
export function parseMysqlUrl(url: string, what: string): MysqlConnection {
  const refuse = (why: string) => new BackupProblem('failed', `\`${what}\` ${why}; ${FORM}`);
  const parts = URL_PARTS.exec(url.trim());
  if (parts === null) throw refuse('is not a URL that names one server by mysql:// or mariadb://');
  const [, user = '', password = '', host = '', port = '', name = '', query = ''] = parts;
  const options: Record<string, string> = {};
  const put = (option: string, encoded: string): string => {
    const value = decoded(encoded);
    if (value === null) throw refuse('holds a % that encodes nothing, or a control character');
    if (value !== '') options[option] = value;
    return value;
  };
  put('user', user);
  put('password', password);
  put('host', host.replace(/^\[(.*)\]$/, '$1'));
  put('port', port);
  const database = put('database', name);
  delete options.database;
  if (database === '') throw refuse('names no database');
  for (const parameter of query.split('&').filter((one) => one !== '')) {
    const [key = '', ...value] = parameter.split('=');
    const option = OPTIONS[key];
    if (option === undefined)
      throw refuse(`has the parameter \`${key}\`, which is not one of ${Object.keys(OPTIONS).join(', ')}`);
    put(option, value.join('='));
  }
  return { options, database };
}

/** An option file: what the clients read in place of arguments. */
export function optionFile({ options }: MysqlConnection): string {
  const lines = Object.entries(options).map(
    ([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&')}"`,
  );
  return `[client]\n${lines.join('\n')}\n`;
}

/**
 * How a person reaches the same server, without the password, for which the program asks: as arguments where the plan
 * itself shows the server. What comes from a variable may be secret as a whole, and is only named, in a comment.
 */
export function reachedByHand(
  url: string,
  { options }: MysqlConnection,
): { readonly options: string; readonly note: string } {
  if (url.includes('${'))
    return { options: '', note: ` # with --host, --port, --user, --password of ${url}` };
  const { host, port, socket, user, password } = options;
  const given = Object.entries({ host, port, socket, user }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${quoted(value)} `],
  );
  return { options: [...given, password === undefined ? '' : '--password '].join(''), note: '' };
}

const URL_PARTS =
  /^(?:mysql|mariadb):\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]+\]|[^:@/?#,[\]]*)(?::(\d*))?\/([^/?#]+)(?:\?([^#]*))?$/i;

function decoded(text: string): string | null {
  try {
    const value = decodeURIComponent(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: one line of an option file holds none of them.
    return /[\x00-\x1f]/.test(value) ? null : value;
  } catch {
    return null;
  }
}
