import * as z from 'zod';
import { refuse } from '../reading.js';
import { reads } from './fields.js';

const PATH = 'the path of a file, e.g. `certificates/ca.pem`';

/** A file, from the root of the workspace or absolute. It may name variables. */
export const filePath = reads(z.string({ error: PATH }), (written) => {
  const path = written.trim();
  if (path !== '' && !/[\r\n\0]/.test(path)) return { value: path };
  return refuse('The path of a file is one line', 'Write for example `certificates/ca.pem`.');
});
