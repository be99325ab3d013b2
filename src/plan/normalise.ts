import type { Plan } from './plan.js';
import { DEFAULTS } from './schema/defaults.js';
import type { PlanFile } from './schema/file.js';
import { NOTHING_SAID } from './schema/rollback.js';

const NOTHING_REQUIRED = { tools: [], env: [], diskBytes: null, checks: [], permissions: [] } as const;

/** Puts what was read into the one form of a plan: lists are present, a stage without configuration is null. */
export function normalise(
  file: PlanFile,
  origin: { readonly source: string; readonly service: string; readonly environment: string },
): Plan {
  const paths = file.paths ?? [];
  return {
    ...origin,
    paths,
    oidc: file.oidc ?? false,
    secrets: file.secrets ?? [],
    contacts: file.contacts ?? [],
    notify: file.notify ?? [],
    overrides: file.overrides ?? null,
    onBusy: file['on-busy'] ?? { do: 'block', withinMs: DEFAULTS.busyWithinMs },
    promotedIn: file['promoted-in'] ?? null,
    requires: file.requires ?? NOTHING_REQUIRED,
    window: file.window ?? null,
    approvals: file.approvals ?? [],
    blockers: file.blockers ?? { labels: [] },
    documents: file.documents ?? [],
    verify: file.verify?.suites ?? [],
    verification: file.verify?.verification ?? { parallel: false, feedback: null },
    backup: file.backup ?? null,
    inService: file['in-service'] ?? null,
    ready: file.ready ?? null,
    metrics: Object.entries(file.metrics ?? {}).map(([name, metric]) => ({ name, ...metric })),
    falseAlarm: file['false-alarm'] ?? DEFAULTS.falseAlarm,
    canary: file.canary ?? null,
    promote: file.promote ?? null,
    watch: file.watch === undefined ? null : { forMs: file.watch.for },
    rollback: rollbackOf(file, paths),
    lastResort: file['last-resort'] ?? null,
    runnerLimitMs: file['runner-limit'] ?? DEFAULTS.runnerLimitMs,
  };
}

function rollbackOf({ rollback }: PlanFile, paths: readonly string[]): Plan['rollback'] {
  if (rollback === undefined) return { ...NOTHING_SAID, paths };
  return { ...rollback, paths: rollback.paths ?? paths };
}
