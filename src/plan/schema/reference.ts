import { KEYS, type KeyDescription } from './keys.js';

const TABLE = /<!-- keys: (?<names>[^>]+?) -->[\s\S]*?<!-- end of keys -->/g;

/**
 * Fills the tables of a document. Between `<!-- keys: a, b -->` and `<!-- end of keys -->` stands the table of the
 * top-level keys `a` and `b` with all that is below them.
 */
export function fillReference(document: string): string {
  return document.replace(TABLE, (_, list: string) => {
    const names = list.split(',').map((name) => name.trim());
    return `<!-- keys: ${names.join(', ')} -->\n${table(names)}\n<!-- end of keys -->`;
  });
}

/** The top-level keys that a document has a table for. */
export function referencedKeys(document: string): string[] {
  return [...document.matchAll(TABLE)].flatMap(({ groups }) =>
    (groups?.names ?? '').split(',').map((name) => name.trim()),
  );
}

function table(names: readonly string[]): string {
  const rows = names.flatMap((name) => KEYS.filter(({ key }) => key.split(/[.[]/)[0] === name)).map(row);
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function row({ key, type, default: fallback, meaning, timeout, variables }: KeyDescription): string {
  const text = [
    meaning,
    timeout === undefined ? '' : `Timeout ${timeout}.`,
    variables ? 'Reads `${NAME}`.' : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
  const cells = [`\`${key}\``, type, fallback ?? '–', text];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
