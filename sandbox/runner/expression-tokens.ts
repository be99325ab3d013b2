export type Token =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'sign'; readonly sign: string };

const pattern =
  /\s*(?:(?<text>'(?:[^']|'')*')|(?<number>-?\d+(?:\.\d+)?)|(?<name>[A-Za-z_][A-Za-z0-9_-]*)|(?<sign>&&|\|\||==|!=|<=|>=|[!<>().,[\]*]))/y;

const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const end = source.trimEnd().length;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(source)?.groups;
    if (groups === undefined) {
      throw new Error(`The expression "${source.trim()}" cannot be read at "${source.slice(at).trim()}".`);
    }
    tokens.push(toToken(groups));
  }
  return tokens;
}

function toToken(groups: Record<string, string | undefined>): Token {
  if (groups.text !== undefined) {
    return { kind: 'literal', value: groups.text.slice(1, -1).replaceAll("''", "'") };
  }
  if (groups.number !== undefined) return { kind: 'literal', value: Number(groups.number) };
  if (groups.sign !== undefined) return { kind: 'sign', sign: groups.sign };
  const name = groups.name ?? '';
  const word = words[name];
  return word === undefined ? { kind: 'name', name } : { kind: 'literal', value: word };
}
