import type { Grammar, Place } from '../../scanner.js';

const DEFINITIONS: Place = { part: '(definitions)', kind: 'schema', rows: null };

const BACKSLASH = 92;
const QUOTE = 39;
const OPEN = 40;
const CLOSE = 41;
const BACKTICK = 96;

/** Also of a table without rows, so that it is known to have none. */
const BEGINS_TABLE = /^(?:LOCK TABLES|INSERT INTO) `((?:[^`]|``)+)` (?:WRITE;$|VALUES(?: |$))/;

/**
 * The text that `mariadb-dump` and `mysqldump` write: definitions, and each table's rows in `INSERT` statements, one
 * row a line or all in one. No value holds a line's end, since it is written as `\n`.
 */
export function mysqlText(): Grammar {
  let table: Place | null = null;
  let quote: number | null = null;
  let isEscaped = false;
  let depth = 0;

  return {
    place(data, from, to) {
      // A row begins with its bracket. So does nothing else, but inside of a routine's body, where none is a row.
      if (data[from] === OPEN && table !== null) return table;
      table = null;
      const [, name] = BEGINS_TABLE.exec(data.toString('utf8', from, to)) ?? [];
      if (name === undefined) return DEFINITIONS;
      table = { part: name.replaceAll('``', '`'), kind: 'table', rows: 0 };
      return table;
    },

    rowsIn(bytes) {
      let rows = 0;
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at];
        if (isEscaped) isEscaped = false;
        else if (quote !== null) {
          if (byte === BACKSLASH) isEscaped = true;
          else if (byte === quote) quote = null;
        } else if (byte === QUOTE || byte === BACKTICK) quote = byte;
        else if (byte === OPEN) {
          if (depth === 0) rows += 1;
          depth += 1;
        } else if (byte === CLOSE) depth -= 1;
      }
      return rows;
    },
  };
}
