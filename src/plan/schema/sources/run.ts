import * as z from 'zod';
import type { ScriptSource } from '../../plan.js';
import { DEFAULTS } from '../defaults.js';
import { positive, scriptText } from '../fields.js';

const RUN = 'a bash script or a mapping, e.g. `{run: ./measure.sh, every: 15s}`';

/** A script that prints JSON. */
export const run = z
  .union(
    [
      scriptText,
      z.strictObject(
        { run: scriptText, every: positive.optional(), timeout: positive.optional() },
        { error: RUN },
      ),
    ],
    { error: RUN },
  )
  .transform((written): ScriptSource => {
    const { run, every, timeout } =
      typeof written === 'string' ? { run: written, every: undefined, timeout: undefined } : written;
    return {
      kind: 'run',
      run: { run, timeoutMs: timeout ?? DEFAULTS.run.timeoutMs },
      everyMs: every ?? DEFAULTS.run.everyMs,
    };
  });
