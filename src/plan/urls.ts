import { type Reading, refuse } from './reading.js';
import { replaceVariables } from './variables.js';

const REMEDY = 'Write a whole address, for example `https://shop.example/health` or `${SHOP_URL}/health`.';

/** An http or https address. `${NAME}` is taken to expand to whatever makes the address whole. */
export function parseUrl(text: string): Reading<string> {
  const written = text.trim();
  if (/\s/.test(written)) return refuse('A URL contains no spaces', REMEDY);
  const url = asUrl(replaceVariables(written, (_, offset) => (offset === 0 ? 'http://localhost' : '1')));
  if (url === null) return refuse('A URL is a whole address', REMEDY);
  if (!/^https?:$/.test(url.protocol)) return refuse('A URL begins with `http://` or `https://`', REMEDY);
  return { value: written };
}

/** An address for people: also `mailto:` and `tel:`. */
export function parseContactUrl(text: string): Reading<string> {
  const url = asUrl(text.trim());
  if (url !== null && /^(https?|mailto|tel):$/.test(url.protocol)) return { value: text.trim() };
  return refuse(
    'A contact URL begins with `https://`, `http://`, `mailto:` or `tel:`',
    'Write for example `https://chat.example/on-call` or `mailto:on-call@shop.example`.',
  );
}

function asUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    // Not an address: that is the answer.
    return null;
  }
}
