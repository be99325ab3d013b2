import { hasPlace, PLACE } from '../plan/places.js';
import type { Span } from './contract.js';
import { shown, Unmeasured } from './unmeasured.js';

/** What the places of a template stand for. */
export interface Places extends Span {
  /** Null without waves. */
  readonly wave: string | null;
}

/** Puts the values in, each as `encode` writes it; places of other names stay as they are. */
export function fill(
  text: string,
  values: Readonly<Record<string, string>>,
  encode: (value: string, at: number) => string,
): string {
  return text.replace(PLACE, (place, name: string, at: number) =>
    Object.hasOwn(values, name) ? encode(values[name] ?? '', at) : place,
  );
}

/** `15s`, or `1500ms` where seconds are not whole; Prometheus and Loki read both. */
export function windowOf({ from, to }: Span): string {
  const ms = to - from;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** Throws `Unmeasured` where a text asks for the wave of a canary that has none. */
export function waveFor(text: string, wave: string | null): string {
  if (wave === null && hasPlace(text, ['wave'])) {
    throw new Unmeasured(
      `"${shown(text)}" names {{wave}}, and this canary has no waves; give it waves, or leave {{wave}} out`,
    );
  }
  return wave ?? '';
}
