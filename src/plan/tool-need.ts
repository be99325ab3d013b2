import { type ToolNeed, VERSION_RELATIONS } from './gate-keys.js';
import { type Reading, refuse } from './reading.js';

const RELATION = VERSION_RELATIONS.join('|');
export const TOOL_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._+-]*(\\s*(${RELATION})\\s*\\d+(\\.\\d+)*)?$`;

/** Reads `kubectl >= 1.28`, or `jq` for any version. */
export function parseToolNeed(text: string): Reading<ToolNeed> {
  const match = new RegExp(
    `^([A-Za-z0-9][A-Za-z0-9._+-]*)(?:\\s*(${RELATION})\\s*(\\d+(?:\\.\\d+)*))?$`,
  ).exec(text.trim());
  if (match === null) {
    return refuse(
      'A tool is its name, perhaps with a version that it must have',
      'Write for example `jq` or `kubectl >= 1.28`.',
    );
  }
  const [, name = '', relation, than] = match;
  const is = VERSION_RELATIONS.find((known) => known === relation);
  return { value: { name, version: is === undefined || than === undefined ? null : { is, than } } };
}

/** `kubectl >= 1.28` */
export function formatToolNeed({ name, version }: ToolNeed): string {
  return version === null ? name : `${name} ${version.is} ${version.than}`;
}

/**
 * Whether a version found, such as `1.30.2`, is what is needed. Parts that one of the two leaves out count as 0; one that
 * is not out yet, such as `1.31.0-rc.1`, comes before the one that it will be.
 */
export function isVersion(found: string, needed: NonNullable<ToolNeed['version']>): boolean {
  const [digits = '', tag] = found.split('-');
  const [a, b] = [digits, needed.than].map((text) => text.split('.').map(Number));
  const length = Math.max(a?.length ?? 0, b?.length ?? 0);
  const differences = Array.from({ length }, (_, part) => (a?.[part] ?? 0) - (b?.[part] ?? 0));
  const first = differences.find((difference) => difference !== 0) ?? (tag === undefined ? 0 : -1);
  const order = Math.sign(first);
  return { '>=': order >= 0, '>': order > 0, '<=': order <= 0, '<': order < 0, '=': order === 0 }[needed.is];
}
