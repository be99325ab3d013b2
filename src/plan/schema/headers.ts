import * as z from 'zod';
import { type Reading, refuse } from '../reading.js';
import { reads } from './fields.js';

/** Headers of a request. Their text may name variables. */
export const headers = z.record(
  reads(z.string(), parseHeaderName),
  reads(z.string({ error: 'the text of a header, e.g. `"canary"`' }), parseHeaderValue),
  { error: 'a mapping from names of headers to text, e.g. `{X-Arm: canary}`' },
);

function parseHeaderName(name: string): Reading<string> {
  if (/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return { value: name };
  return refuse('The name of a header is letters, digits and hyphens', 'Write for example `X-Arm`.');
}

function parseHeaderValue(value: string): Reading<string> {
  if (!/[\r\n\0]/.test(value)) return { value };
  return refuse('The text of a header is one line', 'Remove the line break.');
}
