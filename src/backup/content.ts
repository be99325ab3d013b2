import { listed } from './problem.js';

/** A table, a file, or another part of a source's data. */
export interface Part {
  /** Unique among the parts of its source: `public.orders`, `config/a.json`. */
  readonly name: string;
  /** What it is, with what must be equal besides its content: `table`, `file 0644`, `link`, `schema`. */
  readonly kind: string;
  /** Of a table; null for all else. */
  readonly rows: number | null;
  readonly bytes: number;
  /** SHA-256 in hex; equal for equal content. */
  readonly digest: string;
}

/** An array is one; for very many parts there are forms that need less memory. */
export interface Parts extends Iterable<Part> {
  readonly length: number;
}

/** What data consists of, in a form that is equal for equal data, wherever it lies. */
export interface Content {
  /** SHA-256 in hex over all of it: what no part shows (such as an order) counts here. */
  readonly digest: string;
  /** Empty where only the whole is known. */
  readonly parts: Parts;
}

/** Says what differs between what was stored and the copy; null when nothing does. */
export function difference(
  original: Content,
  copy: Content,
  { showsNames }: { readonly showsNames: boolean },
): string | null {
  if (original.digest === copy.digest) return null;
  const found = partsThatDiffer(original.parts, copy.parts);
  if (found.length === 0) return 'the restored copy differs as a whole, and no single part shows it';
  if (!showsNames) {
    const of = Math.max(original.parts.length, copy.parts.length);
    return `the restored copy differs in ${found.length} of ${of} parts (\`show-parts: true\` names them)`;
  }
  const [first] = found;
  const how = first === undefined ? '' : ` (${first.how})`;
  return `the restored copy differs at ${listed(found.map(({ name }) => name))}${how}`;
}

function partsThatDiffer(
  original: Parts,
  copy: Parts,
): readonly { readonly name: string; readonly how: string }[] {
  const copies = new Map([...copy].map((part) => [part.name, part]));
  const found: { name: string; how: string }[] = [];
  for (const part of original) {
    const other = copies.get(part.name);
    copies.delete(part.name);
    const how = other === undefined ? 'missing in the copy' : howTheyDiffer(part, other);
    if (how !== null) found.push({ name: part.name, how });
  }
  for (const name of copies.keys()) found.push({ name, how: 'only in the copy' });
  return found;
}

function howTheyDiffer(part: Part, other: Part): string | null {
  if (part.kind !== other.kind) return `${part.kind} became ${other.kind}`;
  if (part.rows !== other.rows) return `${part.rows} rows became ${other.rows}`;
  if (part.digest === other.digest && part.bytes === other.bytes) return null;
  return part.bytes === other.bytes ? 'other content' : `${part.bytes} bytes became ${other.bytes}`;
}
