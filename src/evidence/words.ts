import type { Redactor } from '../host/contract.js';
import type { Words } from './provider.js';

const TITLE = 200;
const MESSAGE = 600;
const NAME = 60;
/** What the redactor sees of one text: far more than is shown, so that no secret is cut through at the edge. */
const SEEN = 16 * 1024;

export function createWords(redactor: Redactor): Words {
  const shown = (text: string, most: number) => cut(redactor.redact(text.slice(0, SEEN)).trim(), most);
  return {
    title: (text) => shown(text, TITLE).replace(/\s+/g, ' '),
    message: (text) => shown(text, MESSAGE),
    name: (text) => shown(text, NAME).replace(/\s+/g, ' '),
  };
}

/** Whole characters only. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
