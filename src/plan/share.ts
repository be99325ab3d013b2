import { type Reading, refuse } from './reading.js';

export const SHARE_PATTERN = '^(<=\\s*)?(\\d+(\\.\\d+)?\\s*%|[01](\\.\\d+)?)$';

/** Reads `1%`, `0.5 %`, `0.01` or `<= 1%` as a fraction from 0 to below 1. */
export function parseShare(text: string | number): Reading<number> {
  const written = String(text).trim();
  const match = /^(?:<=\s*)?(\d+(?:\.\d+)?)\s*(%?)$/.exec(written);
  if (match === null) {
    return refuse('A share is a percentage or a fraction below 1', 'Write for example `1%` or `0.01`.');
  }
  const value = match[2] === '%' ? shifted(match[1] ?? '') : Number(match[1]);
  if (value >= 1) {
    const meant = match[2] === '' && value < 100 ? `${value}%` : '1%';
    return refuse(
      'A share is below 100 %, else it lets everything through',
      `Write for example \`${meant}\`.`,
    );
  }
  return { value };
}

/** Moves the decimal point as text would: 0.7 / 100 in binary arithmetic is not 0.007. */
function shifted(percent: string): number {
  return Number(`${percent}e-2`);
}
