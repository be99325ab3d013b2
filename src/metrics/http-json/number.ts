import { valueAt } from '../../plan/json-path.js';
import { NothingFound, Unmeasured } from '../unmeasured.js';

const CHECK = 'check `path`';

/** The finite number at a path of the answer, or the answer itself. Throws `Unmeasured`. */
export function numberAt(answer: unknown, path: string | null): number {
  const where = path === null ? 'its answer' : `its answer at ${path}`;
  return finite(path === null ? answer : valueAt(answer, path), where, CHECK);
}

/** `where` and `remedy` are for people. */
export function finite(value: unknown, where: string, remedy: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value === undefined || value === null) {
    const found = value === undefined ? 'nothing' : 'null';
    throw new NothingFound(
      `${where} is ${found}, and no data is never a pass; ${remedy}, and that there are data`,
    );
  }
  throw new Unmeasured(`${where} is ${typeOf(value)}, and a finite number is needed; ${remedy}`);
}

/** The value itself is not shown: it may be anything. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  return typeof value === 'boolean' ? String(value) : 'an object';
}

/** Throws `Unmeasured` for anything but JSON with a good status. */
export function parseJson({
  status,
  body,
  isCut,
}: {
  readonly status: number;
  readonly body: string;
  readonly isCut: boolean;
}): unknown {
  if (isCut) throw new Unmeasured(`its answer is longer than ${body.length} bytes; ask for one number`);
  if (status < 200 || status > 299) throw new Unmeasured(describeStatus(status, body));
  try {
    return JSON.parse(body);
  } catch {
    const began = body.trim() === '' ? 'empty' : `no JSON, and begins with "${beginning(body)}"`;
    throw new Unmeasured(`its answer is ${began}; check \`url\`, and that no login page answers`);
  }
}

function describeStatus(status: number, body: string): string {
  const said = body.trim() === '' ? '' : `: "${beginning(body)}"`;
  const remedies: Readonly<Record<number, string>> = {
    401: 'check the credentials in `headers`',
    403: 'check the credentials in `headers`, and what they may read',
    404: 'check `url`',
    429: 'make `every` longer',
  };
  const remedy = remedies[status] ?? (status >= 500 ? 'see its own log' : 'check what is asked');
  return `it answered status ${status}${said}; ${remedy}`;
}

const LONGEST_BEGINNING = 120;

function beginning(body: string): string {
  return body.replace(/\s+/g, ' ').trim().slice(0, LONGEST_BEGINNING);
}
