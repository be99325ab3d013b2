/**
 * Markdown from text that others wrote: script output, versions, messages. Outside of fences nothing of it is
 * taken for markup, an HTML tag, a link, an image or a mention; only `code spans` are kept.
 */

/** One line of text as inline Markdown. It holds no `|` and no line break, so that it also fits a table cell. */
export function inline(text: string, most = 600): string {
  const line = plain(text, most);
  return line
    .split(/(`[^`]+`|(?:https?|ftp):\/\/[^\s`<>|]+|www\.[^\s`<>|]+)/i)
    .map((part, index) => (index % 2 === 0 ? escaped(part) : code(part.replaceAll('`', ''))))
    .join('');
}

/** Inline code. Falls back to a tag where backticks could not hold the text, or would not hold in a table. */
export function code(text: string, most = 300): string {
  const line = plain(text, most);
  if (line === '') return '–';
  return /[`|\\]/.test(line) ? `<code>${escaped(line)}</code>` : `\`${line}\``;
}

/** A link, when the address is one of the web; else the label, and the address as code. */
export function link(label: string, url: string): string {
  if (/^https?:\/\/[\w.~:/?#@!$&*+,;=%-]+$/.test(url)) return `[${escaped(plain(label, 200))}](${url})`;
  return label === url ? code(url) : `${escaped(plain(label, 200))} (${code(url)})`;
}

/** A table. Headings and cells are inline Markdown already. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${headings.map((_, i) => cell(cells[i])).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

/** A fenced block that nothing in the lines can close. */
export function fence(lines: readonly string[], language = ''): string {
  const text = lines.flatMap((line) => line.split(/\r\n?|\n/)).map((line) => printable(line).trimEnd());
  const longest = Math.max(2, ...text.flatMap((line) => line.match(/`+/g) ?? []).map((run) => run.length));
  const mark = '`'.repeat(longest + 1);
  return [`${mark}${language}`, ...text, mark].join('\n');
}

/**
 * A stage's evidence: its fences stay fences (made anew, so that their content cannot leave them), all other lines
 * become list items of escaped text.
 */
export function evidenceBlock(lines: readonly string[]): string {
  const blocks: string[] = [];
  let open: { readonly mark: string; readonly language: string; readonly lines: string[] } | null = null;
  for (const line of lines.flatMap((entry) => entry.split(/\r\n?|\n/))) {
    const mark = /^ {0,3}(`{3,}|~{3,})([^`]*)$/.exec(line);
    if (open && !closes(open.mark, mark)) {
      open.lines.push(line);
    } else if (open) {
      blocks.push(`${fence(open.lines, open.language)}\n`);
      open = null;
    } else if (mark) {
      if (blocks.length > 0) blocks.push('');
      open = { mark: mark[1] ?? '', language: /^\s*([\w-]*)/.exec(mark[2] ?? '')?.[1] ?? '', lines: [] };
    } else if (line.trim() !== '') {
      blocks.push(`- ${inline(line.replace(/^\s*[-*] /, ''))}`);
    }
  }
  if (open) blocks.push(fence(open.lines, open.language));
  return blocks.join('\n').trimEnd();
}

/** Cuts at a line's end so that the text has at most `bytes` bytes; closes an open fence and says that it was cut. */
export function fitted(markdown: string, bytes: number): string {
  if (Buffer.byteLength(markdown) <= bytes) return markdown;
  const kept: string[] = [];
  let room = bytes - 200;
  let open: string | null = null;
  let isFolded = false;
  for (const line of markdown.split('\n')) {
    room -= Buffer.byteLength(line) + 1;
    if (room < (open?.length ?? 0)) break;
    kept.push(line);
    const mark = /^(`{3,})[\w-]*$/.exec(line)?.[1];
    if (mark) open = open === null ? mark : open === line ? null : open;
    else if (open === null && /^<\/?details>/.test(line)) isFolded = line.startsWith('<d');
  }
  if (open !== null) kept.push(open);
  // What says that it was cut must not lie folded.
  if (isFolded) kept.push('', '</details>');
  return [
    ...kept,
    '',
    '_Cut here: the rest is too long to be shown. The log of the run has all of it._',
    '',
  ].join('\n');
}

/** A text as a sentence: a capital where it begins with a plain word, and its full stop once. */
export function sentence(text: string): string {
  const begun = text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
  return begun === '' || /[.!?…:]$/.test(begun) ? begun : `${begun}.`;
}

/** One line without control characters, at most `most` characters. For titles and logs; not Markdown. */
export function plain(text: string, most = 300): string {
  const line = printable(text.replace(/\s+/g, ' ')).trim();
  if (line.length <= most) return line;
  const characters = [...line];
  return characters.length > most
    ? `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
    : line;
}

// Colours of a terminal are dropped; other control characters, and those that reorder text, are made visible.
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');

function printable(text: string): string {
  return text
    .replace(COLOURS, '')
    .replaceAll('\t', '    ')
    .replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '`': '&#96;',
  '|': '&#124;',
  $: '&#36;',
};

// A zero-width space keeps a mention, a reference or an address from becoming a link: GitHub looks for mentions after
// entities are resolved, so an entity alone would not.
function escaped(text: string): string {
  return text
    .replace(/[&<>`|$\\*_[\]~]/g, (mark) => ENTITIES[mark] ?? `\\${mark}`)
    .replaceAll('://', ':&#8203;//')
    .replace(/www\./gi, 'www&#8203;.')
    .replace(/@(?=\w)/g, '@&#8203;')
    .replace(/(?<!&)#(?=\d)/g, '#&#8203;')
    .replace(/^(\d+)(?=[.)](\s|$))/, '$1\\')
    .replace(/^(?=[-+](?:[\s-]|$)|[#=])/, '\\');
}

function cell(content: string | undefined): string {
  const text = (content ?? '').replace(/\s*[\r\n]+\s*/g, ' ').replaceAll('|', '&#124;');
  return text === '' ? '–' : text;
}

function closes(opening: string, mark: RegExpExecArray | null): boolean {
  const found = mark?.[1] ?? '';
  return found[0] === opening[0] && found.length >= opening.length && mark?.[2]?.trim() === '';
}
