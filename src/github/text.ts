const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** One line of at most `length` characters, whole characters only. */
export function oneLine(text: string, length: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  const characters = [...flat];
  // Counted in UTF-16 units, the larger count, since GitHub does not say which it means.
  if (flat.length <= length) return flat;
  while (characters.join('').length > length - 1) characters.pop();
  return `${characters.join('')}…`;
}

/**
 * Markdown of at most `bytes` bytes as UTF-8: cut after a whole line, with code fences and `<details>` closed and a
 * note that it was cut. GitHub refuses a longer summary, and cuts a longer text silently in the middle of anything.
 */
export function cutMarkdown(markdown: string, bytes: number): string {
  if (Buffer.byteLength(markdown) <= bytes) return markdown;
  const note = `\n_Cut here: the whole text has ${Buffer.byteLength(markdown)} bytes, and GitHub shows ${bytes}._\n`;
  const room = bytes - Buffer.byteLength(note);
  const open = new OpenBlocks();
  let kept = '';
  let size = 0;
  let closing = '';
  for (const line of markdown.split(/(?<=\n)/)) {
    open.read(line);
    const next = open.closing();
    if (size + Buffer.byteLength(line) + Buffer.byteLength(next) > room) break;
    kept += line;
    size += Buffer.byteLength(line);
    closing = next;
  }
  return (kept === '' ? cutBytes(markdown, room) : kept) + closing + note;
}

/** What must be closed where a text is cut: blocks that would swallow the note. */
class OpenBlocks {
  private fence = '';
  private details = 0;

  read(line: string): void {
    const marker = FENCE.exec(line)?.[1];
    if (this.fence === '') {
      if (marker !== undefined) this.fence = marker;
      else this.details += count(line, /<details[\s>]/gi) - count(line, /<\/details>/gi);
    } else if (marker?.startsWith(this.fence) && line.trim() === marker) {
      this.fence = '';
    }
  }

  closing(): string {
    const fence = this.fence === '' ? '' : `${this.fence}\n`;
    return fence + '\n</details>\n'.repeat(Math.max(0, this.details));
  }
}

function count(line: string, pattern: RegExp): number {
  return line.match(pattern)?.length ?? 0;
}

function cutBytes(text: string, bytes: number): string {
  // A character that is cut through decodes to the replacement character at the end.
  return Buffer.from(text)
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}
