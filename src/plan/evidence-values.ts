import type { Limit } from './plan.js';
import { type Reading, refuse } from './reading.js';

export const LIMIT_PATTERN =
  '^\\s*(<=|<|>=|>)\\s*([+-]?\\d+(\\.\\d+)?([eE][+-]?\\d+)?|[+-]\\d+(\\.\\d+)?\\s*%)\\s*$';

/** Reads `<= 300`, `>= 99.5` or, against the last promoted release, `<= +10%`. */
export function parseLimit(text: string): Reading<Limit> {
  const [, comparison, number, percent] =
    /^\s*(<=|<|>=|>)\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(%?)\s*$/.exec(text) ?? [];
  if (!isComparison(comparison) || number === undefined) {
    return refuse(
      'A limit is `<=`, `<`, `>=` or `>` and a number, or a change in percent with its sign',
      'Write for example `<= 300`, or `<= +10%` against the last promoted release.',
    );
  }
  const value = Number(number);
  if (!Number.isFinite(value)) return refuse('A limit is a finite number', 'Write a smaller number.');
  if (percent !== '%') return { value: { kind: 'absolute', comparison, value } };
  if (/^[+-]/.test(number)) return { value: { kind: 'relative', comparison, percent: value } };
  return refuse(
    'A limit in percent is a change against the last promoted release and has a sign',
    `Write \`${comparison} +${number}%\` or \`${comparison} -${number}%\`.`,
  );
}

/** The limit as people write it. */
export function showLimit(limit: Limit): string {
  if (limit.kind === 'absolute') return `${limit.comparison} ${limit.value}`;
  return `${limit.comparison} ${limit.percent < 0 ? '' : '+'}${limit.percent}%`;
}

function isComparison(text: string | undefined): text is Limit['comparison'] {
  return text === '<=' || text === '<' || text === '>=' || text === '>';
}
