import { appendFileSync, statSync } from 'node:fs';

/** The runner drops a summary of more than 1 MiB as a whole; the margin is for what closes a cut one. */
const LIMIT_BYTES = 1024 * 1024 - 16 * 1024;

/**
 * Appends Markdown to the job summary. What does not fit is cut at the end of a line, with a note.
 * `file` is `GITHUB_STEP_SUMMARY`; without one, or when it cannot be written, nothing happens and false comes back.
 */
export function appendSummary(markdown: string, file: string | undefined): boolean {
  if (!file) return false;
  try {
    const used = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    appendFileSync(
      file,
      cutMarkdown(markdown.endsWith('\n') ? markdown : `${markdown}\n`, LIMIT_BYTES - used),
    );
    return true;
  } catch {
    // The summary is a copy for people; the record is the ledger, and a release must not fail over a copy.
    return false;
  }
}

/** The longest run of whole lines within `bytes`; open code fences and `<details>` are closed after the cut. */
export function cutMarkdown(markdown: string, bytes: number): string {
  if (Buffer.byteLength(markdown) <= bytes) return markdown;
  const kept: string[] = [];
  let left = bytes;
  for (const line of markdown.split('\n')) {
    left -= Buffer.byteLength(line) + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return [...kept, ...closing(kept), '', '_Cut here: a job summary may have 1 MiB._', ''].join('\n');
}

function closing(lines: readonly string[]): string[] {
  let fence: string | null = null;
  let details = 0;
  for (const line of lines) {
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    const run = mark?.[1] ?? '';
    if (fence === null) {
      if (run) fence = run;
      else details += count(line, /<details\b/gi) - count(line, /<\/details>/gi);
    } else if (run.startsWith(fence) && mark?.[2]?.trim() === '') fence = null;
  }
  return [
    ...(fence === null ? [] : [fence]),
    ...Array.from({ length: Math.max(0, details) }, () => '\n</details>'),
  ];
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
