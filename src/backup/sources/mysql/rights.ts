import { BackupProblem } from '../../problem.js';
import { identifier, literal, type MysqlServer, type MysqlSession, rows } from './session.js';

/** A line of `SHOW GRANTS`. `database` is a pattern of LIKE, and `*` for all of them. */
interface Grant {
  readonly rights: readonly string[];
  readonly database: string;
  readonly table: string;
  readonly grantee: string;
  readonly isRevoked: boolean;
}

/** What a whole dump reads. Without the first and the third, what may not be seen is left out without a word. */
const NEEDED = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'];

/** Who has one of these sees that a routine exists; who may not read its text is shown none. */
const SHOWS_ROUTINES = ['EXECUTE', 'CREATE ROUTINE', 'ALTER ROUTINE', 'SHOW CREATE ROUTINE'];

const LINE =
  /^(GRANT|REVOKE) (.+?) ON (?:TABLE )?(\*|`(?:[^`]|``)+`)\.(\*|`(?:[^`]|``)+`) (?:TO|FROM) (.+?)(?: (?:IDENTIFIED|REQUIRE|WITH|AS) .*)?$/;

/**
 * Rejects unless the user may read all that a dump holds. The dump program leaves out what the server hides from its
 * user, and a copy of it would be as incomplete, and so identical. A right on single tables is none on all of them.
 */
export async function refuseWithoutRights(session: MysqlSession, server: MysqlServer): Promise<void> {
  const { user, fold, grants } = await grantsOf(session);
  const name = fold(session.database);
  const has = (right: string) => isGranted(right, { grants, name });
  const missing = NEEDED.filter((right) => !has(right));
  const isSeen = SHOWS_ROUTINES.some(has) || readsAllRoutines(grants, server);
  const readsRoutines = isSeen && (await hiddenRoutines(session)).length === 0;
  if (missing.length === 0 && readsRoutines) return;

  const grantee = accountOf(user);
  const targets = [...new Set(deciding(grants, name).map(({ database }) => database))];
  const places = targets.length > 0 ? targets : [name.replace(/[\\%_]/g, '\\$&')];
  const statements = [
    ...(missing.length > 0
      ? places.map((place) => `GRANT ${missing.join(', ')} ON ${identifier(place)}.* TO ${grantee};`)
      : []),
    ...(readsRoutines ? [] : [`GRANT ${routineRight(server)} TO ${grantee};`]),
  ];
  const lacking = [
    ...missing,
    ...(readsRoutines ? [] : [`${routineRight(server)} (for the text of routines)`]),
  ];
  throw new BackupProblem(
    'failed',
    `${grantee} may not read all of the database ${JSON.stringify(session.database)}, and what it may not see would be missing from the backup without a word; it lacks ${lacking.join(', ')}. Grant it: ${statements.join(' ')} A right by a role counts only while the role is the user's default, and one on single tables does not count`,
  );
}

/** What moving tables takes, there and back; in the new databases also making them and filling them. */
const TO_MOVE = ['ALTER', 'DROP', 'CREATE', 'INSERT'];
const TO_FILL = ['SELECT', 'LOCK TABLES'];

/** Rejects unless the user may move all tables of a database to others, which it makes. */
export async function refuseWithoutRightsToSwap(
  session: MysqlSession,
  { live, beside }: { readonly live: string; readonly beside: readonly string[] },
): Promise<void> {
  const { user, fold, grants } = await grantsOf(session);
  const lacking = (database: string, rights: readonly string[]) =>
    rights.filter((right) => !isGranted(right, { grants, name: fold(database) }));
  const here = lacking(live, TO_MOVE);
  const there = [...new Set(beside.flatMap((database) => lacking(database, [...TO_MOVE, ...TO_FILL])))];
  if (here.length + there.length === 0) return;
  const escaped = (name: string) => name.replace(/[\\%_]/g, '\\$&');
  const places = [
    ...(here.length === 0 ? [] : [{ rights: here, place: escaped(live) }]),
    ...beside
      .filter(() => there.length > 0)
      .map((name) => ({ rights: there, place: `${escaped(name.replace(/none$/, ''))}%` })),
  ];
  const statements = places.map(
    ({ rights, place }) => `GRANT ${rights.join(', ')} ON ${identifier(place)}.* TO ${accountOf(user)};`,
  );
  throw new BackupProblem(
    'failed',
    `${accountOf(user)} may not put restored tables in the place of the live ones. Grant it: ${statements.join(' ')}`,
  );
}

async function grantsOf(session: MysqlSession): Promise<{
  readonly user: string;
  readonly fold: (name: string) => string;
  readonly grants: readonly Grant[];
}> {
  const [[user = '', folds = '0'] = []] = await rows(
    session,
    'SELECT current_user(), @@lower_case_table_names',
  );
  // Of active roles and of PUBLIC as well; what is granted in any other way is not shown, and so is not had.
  const lines = await rows(session, "SET sql_mode = '', sql_quote_show_create = 1; SHOW GRANTS");
  const fold = (name: string) => (folds === '0' ? name : name.toLowerCase());
  return { user, fold, grants: lines.flatMap(([line = '']) => grantIn(line, fold)) };
}

/** None of a line that grants a role or a proxy. */
export function grantIn(line: string, fold = (name: string) => name): readonly Grant[] {
  const [, verb, rights = '', database = '', table = '', grantee = ''] = LINE.exec(line) ?? [];
  if (verb === undefined) return [];
  return [
    {
      rights: rights.split(/, */),
      database: fold(unquoted(database)),
      table: unquoted(table),
      grantee,
      isRevoked: verb === 'REVOKE',
    },
  ];
}

/** On all databases, or on all tables of this one. A revoke for this one takes away what is granted on all. */
export function isGranted(
  right: string,
  { grants, name }: { readonly grants: readonly Grant[]; readonly name: string },
): boolean {
  const gives = ({ rights }: Grant) =>
    rights.includes(right) ||
    (right !== 'SHOW CREATE ROUTINE' && rights.some((one) => /^ALL(?: PRIVILEGES)?$/.test(one)));
  const onAll = grants.filter(({ database, isRevoked }) => database === '*' && !isRevoked);
  const isLimited = grants.some((one) => one.isRevoked && matches(one.database, name) && gives(one));
  if (!isLimited && onAll.some(gives)) return true;
  const here = deciding(grants, name);
  const grantees = new Set(here.map(({ grantee }) => grantee));
  return [...grantees].some((grantee) => here.filter((one) => one.grantee === grantee).every(gives));
}

/**
 * The server takes the one entry of a grantee that says most about the name. Where patterns compete, which one that
 * is is not guessed: each of them is asked.
 */
function deciding(grants: readonly Grant[], name: string): readonly Grant[] {
  const here = grants.filter(
    ({ database, table, isRevoked }) =>
      table === '*' && database !== '*' && !isRevoked && matches(database, name),
  );
  const isPlain = ({ database }: Grant) => !/[%_]/.test(database.replace(/\\./g, ''));
  return here.filter(
    (one) => isPlain(one) || !here.some((other) => other.grantee === one.grantee && isPlain(other)),
  );
}

function matches(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  const each = pattern.replace(/\\(.)|([%_])|([^\\])/gs, (_all, escaped, wild, plain) => {
    if (wild !== undefined) return wild === '%' ? '.*' : '.';
    return String(escaped ?? plain).replace(
      /[^\w]/gu,
      (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );
  });
  return new RegExp(`^${each}$`, 'su').test(name);
}

function readsAllRoutines(grants: readonly Grant[], server: MysqlServer): boolean {
  const onAll = { grants, name: 'mysql' };
  if (isNewMysql(server)) {
    const everywhere = grants.filter(({ database }) => database === '*');
    return isGranted('SHOW_ROUTINE', { grants: everywhere, name: '' });
  }
  return (
    isGranted('SELECT', onAll) ||
    grants.some(
      ({ rights, database, table }) => database === 'mysql' && table === 'proc' && rights.includes('SELECT'),
    )
  );
}

function routineRight(server: MysqlServer): string {
  return isNewMysql(server) ? 'SHOW_ROUTINE ON *.*' : 'SELECT ON mysql.proc';
}

function isNewMysql({ family, version }: MysqlServer): boolean {
  return family === 'MySQL' && Number.parseInt(version, 10) >= 8;
}

async function hiddenRoutines(session: MysqlSession): Promise<readonly (readonly string[])[]> {
  return rows(
    session,
    `SELECT routine_name FROM information_schema.routines WHERE routine_schema = ${literal(session.database)} AND routine_definition IS NULL`,
  );
}

/** `low@%` as a statement names it. */
function accountOf(user: string): string {
  const at = user.lastIndexOf('@');
  return `${literal(user.slice(0, at))}@${literal(user.slice(at + 1))}`;
}

function unquoted(name: string): string {
  return name === '*' ? name : name.slice(1, -1).replaceAll('``', '`');
}
