import * as z from 'zod';
import type { OnBusy } from '../plan.js';
import { DEFAULTS } from './defaults.js';
import { positive } from './fields.js';

const WHAT = '`wait` or `block`';

export const onBusy = z
  .strictObject(
    { do: z.enum(['wait', 'block'], { error: `${WHAT}, e.g. \`wait\`` }), within: positive.optional() },
    { error: 'a mapping, e.g. `{do: wait, within: 30m}`' },
  )
  .transform(({ do: what, within }): OnBusy => ({ do: what, withinMs: within ?? DEFAULTS.busyWithinMs }));
