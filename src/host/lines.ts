import { StringDecoder } from 'node:string_decoder';

/** What is kept of one line; twice what is shown, so that a secret at the cut is still known as one. */
const LONGEST_KEPT = 128 * 1024;
/** Line ends at the end of a chunk that are still looked at when nobody reads all of it. */
const SKIMMED = 42;

export interface LineReader {
  /** Where `maySkim` allows it, only the first and the last lines are handed on; the bytes of the rest come back. */
  write(chunk: Buffer, maySkim: (text: string) => boolean): number;
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

  function take(text: string): void {
    if (text === '') return;
    const lines = text.slice(afterReturn && text.startsWith('\n') ? 1 : 0).split(/\r\n|\n|\r/);
    afterReturn = text.endsWith('\r');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      hold(line);
      finishLine();
    }
    hold(last);
  }

  return {
    write(chunk, maySkim) {
      const text = decoder.write(chunk);
      const [from, to] = maySkim(text) ? middleOf(text) : [0, 0];
      take(text.slice(0, from));
      take(text.slice(to));
      return Buffer.byteLength(text.slice(from, to));
    },
    end() {
      take(decoder.end());
      if (held !== '') finishLine();
    },
  };
}

/** From the end of the first line to the start of the last ones; empty when these meet. */
function middleOf(text: string): readonly [from: number, to: number] {
  const from = text.search(/[\r\n]/) + 1;
  let to = text.length;
  for (let ends = 0; to > from && ends < SKIMMED; ) {
    to -= 1;
    if (text[to] === '\n' || text[to] === '\r') ends += 1;
  }
  return from === 0 || to <= from ? [0, 0] : [from, to + 1];
}
