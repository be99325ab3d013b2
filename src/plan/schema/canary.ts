import * as z from 'zod';
import type { Canary, Park, ScriptTraffic, Step } from '../plan.js';
import { DEFAULTS } from './defaults.js';
import { duration, flag, positive, script, scriptText } from './fields.js';
import { readiness } from './service.js';

const WEIGHT = 'a whole number of percent from 1 to 100, e.g. `25`';
const TRAFFIC = 'a bash script or a mapping, e.g. `{run: ./route.sh, read: ./route.sh --show}`';

const step = z
  .strictObject(
    {
      weight: z.int({ error: WEIGHT }).min(1, { error: WEIGHT }).max(100, { error: WEIGHT }),
      for: duration,
      before: script(DEFAULTS.timeout.script).optional(),
    },
    { error: 'a step, e.g. `{weight: 5, for: 10m}`' },
  )
  .transform(({ weight, for: forMs, before }): Step => ({ weight, forMs, before: before ?? null }));

const park = z
  .strictObject(
    { 'look-every': positive, 'at-most': positive },
    { error: 'a mapping, e.g. `{look-every: 10m, at-most: 24h}`' },
  )
  .transform((keys): Park => ({ lookEveryMs: keys['look-every'], atMostMs: keys['at-most'] }));

const trafficScript = scriptText.transform((run): ScriptTraffic => {
  return { kind: 'run', run: { run, timeoutMs: DEFAULTS.timeout.traffic }, read: null };
});

const trafficMapping = z
  .strictObject(
    { run: script(DEFAULTS.timeout.traffic), read: script(DEFAULTS.timeout.read).optional() },
    { error: TRAFFIC },
  )
  .transform(({ run, read }): ScriptTraffic => ({ kind: 'run', run, read: read ?? null }));

export const canary = z
  .strictObject(
    {
      run: script(DEFAULTS.timeout.script).optional(),
      ready: readiness.optional(),
      traffic: z.union([trafficScript, trafficMapping], { error: TRAFFIC }).optional(),
      'warm-up': duration.optional(),
      steps: z.array(step, { error: 'a list of steps, e.g. `[{weight: 5, for: 10m}]`' }).optional(),
      early: flag.optional(),
      'on-inconclusive': z
        .literal(['rollback', 'continue', 'pause'], {
          error: '`rollback`, `continue` or `pause`, e.g. `rollback`',
        })
        .optional(),
      park: park.optional(),
      'ends-at': z
        .literal([0, 100], { error: '0 (the canary is retired) or 100 (all traffic stays on it), e.g. `0`' })
        .optional(),
      remove: script(DEFAULTS.timeout.script).optional(),
    },
    { error: 'a mapping, e.g. `{run: ./deploy.sh canary, steps: [{weight: 5, for: 10m}]}`' },
  )
  .transform((keys): Canary => {
    return {
      run: keys.run ?? null,
      ready: keys.ready ?? null,
      traffic: keys.traffic ?? null,
      warmUpMs: keys['warm-up'] ?? 0,
      steps: keys.steps ?? [],
      early: keys.early ?? false,
      onInconclusive: keys['on-inconclusive'] ?? 'rollback',
      park: keys.park ?? null,
      endsAt: keys['ends-at'] ?? 0,
      remove: keys.remove ?? null,
    };
  });
