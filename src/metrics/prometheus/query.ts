import { fill, type Places, waveFor, windowOf } from '../templates.js';
import { shown, Unmeasured } from '../unmeasured.js';

/** A wave needs no quotes where it is a part of a name. */
const NAME = /^[A-Za-z0-9_:]+$/;

/**
 * The query with `{{window}}` and `{{wave}}` put in. Inside quotes a wave is written so that it cannot end them, in
 * PromQL as in LogQL; outside it must be a part of a name. Throws `Unmeasured`.
 */
export function queryFor(template: string, places: Places): string {
  const wave = waveFor(template, places.wave);
  const quoted = fill(template, { wave }, (value, at) => {
    if (isInString(template, at)) return escaped(value);
    if (NAME.test(value)) return value;
    throw new Unmeasured(
      `the wave "${shown(value)}" cannot stand outside quotes in ${shown(template)}; write "{{wave}}" there`,
    );
  });
  return fill(quoted, { window: windowOf(places) }, (value) => value);
}

/** By their codes, since a quote may be escaped by a backslash only in strings that end with it. */
function escaped(value: string): string {
  return value.replace(/[\\"'`\p{Cc}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Whether that position of the query is between quotes. */
function isInString(query: string, position: number): boolean {
  let quote: string | null = null;
  for (let at = 0; at < position; at++) {
    const character = query.charAt(at);
    if (quote === null) {
      if (`"'\``.includes(character)) quote = character;
    } else if (character === '\\' && quote !== '`') at += 1;
    else if (character === quote) quote = null;
  }
  return quote !== null;
}
