import type { Path } from './path.js';
import { type Reading, refuse } from './reading.js';

/** `a.b`, `a[0].b`, `a.0.b`, `a["key.with.dots"]`. */
const PART = /\.?([^.[\]"\s][^.[\]"]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** Checks the path to a value in a JSON report; it is kept as written, since it names the value to people. */
export function parseReportPath(text: string): Reading<string> {
  if (partsOf(text) !== null) return { value: text };
  return refuse(
    'A path names keys and indexes from the root of the report, with `.` between them',
    'Write for example `latency.p95`, `results[0].mean` or `metrics["http.requests"].rate`.',
  );
}

/** The keys and indexes of a path that `parseReportPath` has accepted. */
export function reportPath(text: string): Path {
  return partsOf(text) ?? [];
}

function partsOf(text: string): Path | null {
  const parts: (string | number)[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const at = PART.lastIndex;
    const match = PART.exec(text);
    if (match === null || (text[at] === '.') !== (at > 0 && match[1] !== undefined)) return null;
    const [, name, index, quoted] = match;
    if (index !== undefined) parts.push(Number(index));
    else if (quoted !== undefined) {
      const key = unquoted(quoted);
      if (key === null) return null;
      parts.push(key);
    } else parts.push(name ?? '');
  }
  return parts.length === 0 ? null : parts;
}

function unquoted(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : null;
  } catch {
    // An escape that JSON does not know: the path is refused by its form.
    return null;
  }
}
