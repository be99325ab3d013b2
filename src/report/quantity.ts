const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** `3 min 20 s`: the two largest units. Below a second in milliseconds. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–';
  if (ms > 0 && ms < 1000) return `${Math.max(1, Math.floor(ms))} ms`;
  const at = UNITS.findIndex(([, size]) => ms >= size);
  const [unit, size] = UNITS[at] ?? UNITS[3];
  const [next, nextSize] = UNITS[at + 1] ?? [null, 1];
  const rest = next === null || at < 0 ? 0 : Math.floor((ms % size) / nextSize);
  return rest > 0 ? `${Math.floor(ms / size)} ${unit} ${rest} ${next}` : `${Math.floor(ms / size)} ${unit}`;
}

/** The time between two ISO times; `–` when one of them is missing. */
export function between(from: string | null, to: string | null): string {
  return from === null || to === null ? '–' : duration(Date.parse(to) - Date.parse(from));
}

/** A share as percent, with up to three significant digits: 0.0512 → `5.12 %`. */
export function percent(share: number, digits = 3): string {
  return Number.isFinite(share) ? `${significant(share * 100, digits)} %` : '–';
}

/** Milliseconds, with up to three significant digits: 312.4 → `312 ms`. */
export function milliseconds(ms: number, digits = 3): string {
  return Number.isFinite(ms) ? `${significant(ms, digits)} ms` : '–';
}

/** Any number, with up to three significant digits: 1536.2 → `1,536`. */
export function number(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–';
  return value < 0 ? `−${significant(-value, digits)}` : significant(value, digits);
}

/** A whole number with separators: 12041 → `12,041`. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `10:02:11`, UTC. */
export function clock(at: string): string {
  return at.slice(11, 19);
}

/** `2026-11-22 10:02:11 UTC` */
export function moment(at: string): string {
  return `${at.slice(0, 10)} ${clock(at)} UTC`;
}

function significant(value: number, digits: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return '0';
  if (magnitude < 0.0001) return value > 0 ? 'under 0.0001' : '0';
  if (magnitude >= 1e15) return String(value);
  const decimals = Math.min(20, Math.max(0, digits - 1 - Math.floor(Math.log10(magnitude))));
  const [whole = '0', fraction = ''] = value.toFixed(decimals).split('.');
  const kept = fraction.replace(/0+$/, '');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return kept === '' ? grouped : `${grouped}.${kept}`;
}
