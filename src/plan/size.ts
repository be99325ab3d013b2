import { type Reading, refuse } from './reading.js';

const UNITS = { MB: 1e6, GB: 1e9, TB: 1e12, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

export const SIZE_PATTERN = `^\\d+(\\.\\d+)?\\s*(${Object.keys(UNITS).join('|')})$`;

/** Reads `10GB` or `1.5 GiB` as bytes. */
export function parseSize(text: string): Reading<number> {
  const [, count, unit] =
    new RegExp(`^(\\d+(?:\\.\\d+)?)\\s*(${Object.keys(UNITS).join('|')})$`).exec(text.trim()) ?? [];
  const factor = UNITS[unit as keyof typeof UNITS];
  if (count === undefined || factor === undefined || Number(count) === 0) {
    return refuse(
      'A size is a number above zero with `MB`, `GB`, `TB`, `MiB`, `GiB` or `TiB`',
      'Write for example `10GB`.',
    );
  }
  return { value: Math.round(Number(count) * factor) };
}

/** `10 GB`, `1.5 GB`. */
export function formatSize(bytes: number): string {
  const unit = bytes >= 1e12 ? 'TB' : bytes >= 1e9 ? 'GB' : 'MB';
  return `${Number((bytes / UNITS[unit]).toFixed(1))} ${unit}`;
}
