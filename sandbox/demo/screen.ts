import { wrap } from './text.js';

export type Colour = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** Where the demo speaks: lines that stay and, on a terminal, one line at the bottom that changes. */
export interface Screen {
  /** In characters. */
  readonly width: number;
  line(text?: string): void;
  /** Wrapped to the width, each line behind `indent`. */
  paragraph(text: string, indent?: string): void;
  /** Replaces the changing line; nothing where there is no terminal. */
  live(text: string): void;
  /** The text in a colour, or as it is where colours are not wanted. */
  paint(colour: Colour, text: string): string;
}

const WIDEST = 110;
const CODES: Readonly<Record<Colour, number>> = { bold: 1, dim: 2, green: 32, red: 31, yellow: 33, cyan: 36 };
const CLEAR = '\r\x1b[2K';

export function openScreen(
  out: NodeJS.WriteStream = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Screen {
  const isTerminal = out.isTTY === true && env.TERM !== 'dumb';
  const isColoured = isTerminal && !env.NO_COLOR;
  const width = Math.min(WIDEST, Math.max(60, isTerminal ? out.columns || WIDEST : WIDEST));
  let shown = '';
  const line = (text = '') => {
    out.write(`${shown === '' ? '' : CLEAR}${text}\n`);
    shown = '';
  };
  return {
    width,
    line,
    paragraph: (text, indent = '') => {
      for (const part of wrap(text, width - indent.length)) line(`${indent}${part}`);
    },
    live: (text) => {
      if (!isTerminal || text === shown) return;
      shown = text.slice(0, width - 1);
      out.write(`${CLEAR}${isColoured ? `\x1b[2m${shown}\x1b[0m` : shown}`);
    },
    paint: (colour, text) => (isColoured ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text),
  };
}
