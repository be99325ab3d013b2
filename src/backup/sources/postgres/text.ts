import type { Grammar, Place } from '../../scanner.js';

const DEFINITIONS: Place = { part: '(definitions)', kind: 'schema', rows: null };
const SEQUENCES: Place = { part: '(sequences)', kind: 'sequences', rows: null };
const LARGE_OBJECTS: Place = { part: '(large objects)', kind: 'large objects', rows: null };

const BACKSLASH = 92;
const DOT = 46;

/**
 * Lines that two sound copies do not have in common: the versions, a word that some minor versions draw anew for each
 * dump, and that the schema `public` has another owner than at first, which is told without saying whom.
 */
const NOT_COMMON =
  /^(?:--|-- Dumped (?:from database|by pg_dump) version .*|\\(?:un)?restrict \w+|-- Name: public; Type: SCHEMA; .*|-- \*not\* creating schema, since initdb creates it)?$/;

/**
 * The plain text that `pg_dump` and `pg_restore --file=-` write: definitions, and the rows of each table between its
 * `COPY` and `\.`. A `COPY` counts only under the comment that announces it, since the body of a function may hold
 * such a line, too.
 */
export function postgresText(): Grammar {
  let table: Place | null = null;
  let announced: 'table' | 'large objects' | null = null;

  const inTable = (inside: Place, data: Buffer, from: number, to: number): Place => {
    const isEnd = to - from === 2 && data[from] === BACKSLASH && data[from + 1] === DOT;
    if (!isEnd) return inside;
    table = null;
    return { ...inside, rows: 0 };
  };

  const outside = (line: string): Place | null => {
    if (NOT_COMMON.test(line)) return null;
    const [, type] = /^-- (?:Data for )?Name: .*; Type: ([A-Z ]+); Schema: /.exec(line) ?? [];
    if (type !== undefined)
      announced = type === 'TABLE DATA' ? 'table' : type === 'BLOBS' ? 'large objects' : null;
    else if (announced === 'table') {
      const [, name] = /^COPY (.+?) (?:\(.*\) )?FROM stdin;$/.exec(line) ?? [];
      announced = null;
      if (name === undefined) return DEFINITIONS;
      table = { part: name, kind: 'table', rows: 1 };
      return { ...table, rows: 0 };
    }
    if (line.startsWith('SELECT pg_catalog.setval(')) return SEQUENCES;
    return announced === 'large objects' ? LARGE_OBJECTS : DEFINITIONS;
  };

  return {
    place: (data, from, to) =>
      table === null ? outside(data.toString('utf8', from, to)) : inTable(table, data, from, to),
  };
}
