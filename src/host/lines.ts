import { StringDecoder } from 'node:string_decoder';

/** What is kept of one line; twice what is shown, so that a secret at the cut is still known as one. */
const LONGEST_KEPT = 128 * 1024;
/** Lines of a chunk that are still read when nobody looks at all of them. */
const SKIMMED = 41;

export interface LineReader {
  /** With `skim`, only the first and the last lines of the chunk are handed on; the bytes of the rest come back. */
  write(chunk: Buffer, skim: boolean): number;
  /** Hands on a last line without an end. */
  end(): void;
}

/** Splits bytes into lines at LF, CR LF and CR, as the runner does. Invalid UTF-8 becomes U+FFFD. */
export function createLineReader(onLine: (line: string, dropped: number) => void): LineReader {
  const decoder = new StringDecoder('utf8');
  let held = '';
  let dropped = 0;
  let afterReturn = false;

  function hold(text: string): void {
    const room = LONGEST_KEPT - held.length;
    held += text.slice(0, room);
    dropped += Math.max(0, text.length - room);
  }

  function finishLine(): void {
    onLine(held, dropped);
    held = '';
    dropped = 0;
  }

  function take(text: string, skim: boolean): number {
    if (text === '') return 0;
    const lines = text.slice(afterReturn && text.startsWith('\n') ? 1 : 0).split(/\r\n|\n|\r/);
    afterReturn = text.endsWith('\r');
    const skipped = skim && lines.length > SKIMMED + 1 ? lines.splice(1, lines.length - SKIMMED - 1) : [];
    const last = lines.pop() ?? '';
    for (const line of lines) {
      hold(line);
      finishLine();
    }
    hold(last);
    return skipped.reduce((bytes, line) => bytes + Buffer.byteLength(line) + 1, 0);
  }

  return {
    write: (chunk, skim) => take(decoder.write(chunk), skim),
    end() {
      take(decoder.end(), false);
      if (held !== '') finishLine();
    },
  };
}
