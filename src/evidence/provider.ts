import type { Facts } from './contract.js';

/** A file that was found, is inside, fresh and open: what is read is what was looked at. */
export interface ReportFile {
  /** For people, from the directory of the patterns, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Decoded as UTF-8; rejects with an `EvidenceProblem` where it is not. */
  text(): AsyncIterable<string>;
}

export interface ReadContext {
  readonly places: Places;
  readonly words: Words;
  readonly signal: AbortSignal;
}

/** Finds the file of the repository that a report means. */
export interface Places {
  /** From the root of the repository, with `/`; null when no such file is there, or more than one could be meant. */
  find(written: string, hint?: PlaceHint): Promise<string | null>;
}

export interface PlaceHint {
  /** The package or class that the file belongs to: `shop.CartTest`, `example.com/shop/cart`. */
  readonly unit?: string;
}

/** Text of a report made fit to be shown: without secrets, then cut. */
export interface Words {
  title(text: string): string;
  message(text: string): string;
  /** For the middle of a sentence, at most 60 characters. */
  name(text: string): string;
}

/** Reads one source of a plan. It says what is in the files and never whether that is good. */
export interface Format {
  /** For people: `JUnit XML`. */
  readonly name: string;
  /** All files of the source together. */
  readonly mostBytes: number;
  /** Rejects with an `EvidenceProblem` where a file is not what it should be. */
  read(files: readonly ReportFile[], context: ReadContext): Promise<Facts>;
}
