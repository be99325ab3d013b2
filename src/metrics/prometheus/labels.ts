import { shown } from '../unmeasured.js';

/** What tells the series of one query from one another. */
export type Labels = Readonly<Record<string, string>>;

/** The labels in one order, so that equal sets are equal texts. */
export function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `http_requests_total{pod="a"}` */
export function nameOf(labels: Labels): string {
  const { __name__: name = '', ...others } = labels;
  const pairs = Object.entries(others).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return shown(`${name}{${pairs.join(', ')}}`);
}
