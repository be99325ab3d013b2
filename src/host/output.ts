import type { Redactor } from './contract.js';
import { withColoursOnly, withoutControls } from './controls.js';
import { createLineReader, type LineReader } from './lines.js';

export const TAIL_LINES = 40;
const TAIL_WIDTH = 500;
const LINE_WIDTH = 64 * 1024;
const MOST_BYTES = 16 * 1024 * 1024;
/** Short lines cost the log more than their bytes. */
const MOST_LINES = 200_000;

export interface ScriptOutput {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  /** Takes what is left and says what was not shown. */
  end(): { readonly tail: readonly string[]; readonly lastLine: string };
}

export interface OutputSink {
  write(chunk: Buffer): undefined;
}

/**
 * What a script prints: to the log line by line, redacted and bounded, and its end for the result. A line
 * `::add-mask::x` is learned at once and not shown.
 */
export function createOutput(options: {
  readonly redactor: Redactor;
  readonly onMask: (value: string) => void;
  /** Null keeps the lines out of the log. */
  readonly show: ((line: string) => void) | null;
}): ScriptOutput {
  const tail: string[] = [];
  let lastLine = '';
  const shown = createBound(options.redactor, options.show);

  function take(line: string, dropped: number, isStdout: boolean): void {
    const secret = maskIn(line);
    if (secret !== null) {
      options.redactor.add(secret);
      options.onMask(secret);
      return;
    }
    if (isStdout && isVisible(line)) lastLine = line;
    tail.push(line.slice(0, LINE_WIDTH));
    if (tail.length > TAIL_LINES) tail.shift();
    shown.line(line, dropped);
  }

  const readers = [true, false].map((isStdout) =>
    createLineReader((line, dropped) => take(line, dropped, isStdout)),
  );
  const sink = (reader: LineReader | undefined): OutputSink => ({
    write(chunk) {
      // A mask must be learned wherever it stands, so a chunk that may hold one is read line by line.
      const maySkim = (text: string) => shown.isFull() && !MASK_COMMAND.test(text);
      shown.skip(reader?.write(chunk, maySkim) ?? 0);
    },
  });
  return {
    stdout: sink(readers[0]),
    stderr: sink(readers[1]),
    end() {
      for (const reader of readers) reader.end();
      shown.end();
      const redacted = tail.map((line) =>
        shorten(options.redactor.redact(withoutControls(line)), TAIL_WIDTH),
      );
      return { tail: redacted, lastLine: withoutControls(lastLine).trim() };
    },
  };
}

/** Lets 16 MiB through and counts the rest, so that one script cannot fill the log of the release. */
function createBound(redactor: Redactor, show: ((line: string) => void) | null) {
  let lines = 0;
  let bytes = 0;
  let hidden = 0;
  const isFull = () => show === null || bytes >= MOST_BYTES || lines >= MOST_LINES;
  return {
    isFull,
    skip: (skipped: number) => {
      hidden += skipped;
    },
    line(line: string, dropped: number) {
      const size = Buffer.byteLength(line) + dropped + 1;
      if (show === null || isFull()) {
        hidden += size;
        return;
      }
      const text = shorten(redactor.redact(withColoursOnly(line)), LINE_WIDTH, dropped);
      lines += 1;
      bytes += Buffer.byteLength(text) + 1;
      show(text);
    },
    end() {
      if (show !== null && hidden > 0) show(`… ${size(hidden)} more not shown`);
    },
  };
}

const MASK_COMMAND = /add-mask/i;

/** The value of a mask command, in the runner's new or old form; null for any other line. */
function maskIn(line: string): string | null {
  if (!MASK_COMMAND.test(line)) return null;
  const current = /^\s*::add-mask(?: [^:]*)?::(.*)$/is.exec(line)?.[1];
  if (current !== undefined) return unescapeData(current);
  const old = /##\[add-mask[^\]]*\](.*)$/is.exec(line)?.[1];
  return old === undefined ? null : unescapeData(old);
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function shorten(text: string, width: number, dropped = 0): string {
  const cut = Math.max(0, text.length - width) + dropped;
  return cut === 0 ? text : `${text.slice(0, width)}… (${cut} more characters)`;
}

function isVisible(line: string): boolean {
  return line.trim() !== '' && withoutControls(line).trim() !== '';
}

function size(bytes: number): string {
  const mebibytes = bytes / (1024 * 1024);
  if (mebibytes >= 1) return `${Math.round(mebibytes)} MiB`;
  return bytes >= 1024 ? `${Math.round(bytes / 1024)} KiB` : `${bytes} bytes`;
}
