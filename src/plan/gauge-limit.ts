import { type Reading, refuse } from './reading.js';

/** Reads `<= 5` or `5` (`>= 5` where more is better) as 5. */
export function parseGaugeLimit(written: string | number, better: 'lower' | 'higher'): Reading<number> {
  const [, sign, digits = ''] =
    /^(<=|>=)?\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i.exec(String(written).trim()) ?? [];
  const value = digits === '' ? Number.NaN : Number(digits);
  if (!(Number.isFinite(value) && Math.abs(value) <= MOST)) {
    return refuse('The limit of a gauge is a number in its unit', remedyFor(String(written).trim()));
  }
  const right = better === 'higher' ? '>=' : '<=';
  if (sign === undefined || sign === right) return { value };
  return refuse(
    better === 'higher'
      ? 'Where more is better the limit is the least that is allowed'
      : 'The limit of a gauge is the most that is allowed, unless more is better',
    better === 'higher' ? `Write \`>= ${digits}\`.` : `Write \`<= ${digits}\`, or add \`better: higher\`.`,
  );
}

const BYTES: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

function remedyFor(written: string): string {
  const [, digits = '', unit = ''] = /^(?:[<>]=?)?\s*(\d+)\s*(Ki|Mi|Gi|Ti)B?$/.exec(written) ?? [];
  const bytes = Number(digits) * (BYTES[unit] ?? 0);
  return bytes > 0 ? `No units: write bytes, \`${bytes}\`.` : 'Write for example `<= 5`.';
}

/** The judge takes no larger readings. */
const MOST = 1e15;
