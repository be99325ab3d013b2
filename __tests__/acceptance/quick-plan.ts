import { SCRIPTS } from './scenario.js';

/** One step of one second: 100 requests to the canary, more than the 40 that a verdict needs. */
export const PROBE = { canary: '${SERVICE_URL}/canary/', rate: '100/s', timeout: '1s' };

/** A plan with a canary of one step. `change` is laid over its keys; null takes one away. */
export function quickPlan(change: Readonly<Record<string, unknown>> = {}): string {
  return text({
    'in-service': { run: SCRIPTS.inService },
    metrics: { errors: { kind: 'errors', probe: PROBE, limit: '1%', 'minimum-samples': 40 } },
    canary: quickCanary(),
    promote: { run: SCRIPTS.promote },
    rollback: { run: SCRIPTS.rollback },
    ...change,
  });
}

export function quickCanary(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return without({
    run: SCRIPTS.canary,
    traffic: { run: SCRIPTS.traffic, read: SCRIPTS.weight },
    steps: [{ weight: 10, for: '1s' }],
    remove: SCRIPTS.remove,
    ...change,
  });
}

/** The shortest way to have a version in service whose commit is known. */
export const PLAIN_PLAN = text({
  'in-service': { run: SCRIPTS.inService },
  promote: { run: SCRIPTS.promote },
});

/** Where scenarios keep it, beside the plan under test. */
export const PLAIN_PATH = '.github/plain.yml';

function text(keys: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(without({ service: 'shop', environment: 'production', ...keys }), null, 2);
}

function without(keys: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== null));
}
