import * as z from 'zod';
import { NAME_PATTERN, parseName, VARIABLE_NAME_PATTERN } from '../names.js';
import { type Reading, refuse } from '../reading.js';
import { backup } from './backup.js';
import { canary } from './canary.js';
import { DEFAULTS } from './defaults.js';
import { duration, flag, globs, named, plain, positive, script } from './fields.js';
import { approvals, blockers, documents, overrides, promotedIn, requires, window } from './gates.js';
import { metrics } from './metrics.js';
import { contacts, notify } from './people.js';
import { rollback } from './rollback.js';
import { readiness, versionSource } from './service.js';

const name = plain('a name, e.g. `shop`', parseName, NAME_PATTERN);

const variableName = plain(
  'the name of an environment variable, e.g. `DATABASE_PASSWORD`',
  parseVariableName,
  VARIABLE_NAME_PATTERN,
);

/** A section is judged as a part of the plan that it makes, so any mapping will do here; an empty one is allowed. */
const sections = named(
  z.union([z.record(z.string(), z.unknown()), z.null()], { error: 'a mapping, e.g. `{canary: null}`' }),
  'a mapping from environments to what differs there, e.g. `{staging: {canary: null}}`',
);

/** The file as people write it, with kebab-case keys. What is read from it has the plan's units and forms. */
export const planFile = z.strictObject(
  {
    service: name.optional(),
    environment: name.optional(),
    paths: globs.optional(),
    oidc: flag.optional(),
    secrets: z.array(variableName, { error: 'a list of names, e.g. `[DATABASE_PASSWORD]`' }).optional(),
    contacts: contacts.optional(),
    notify: notify.optional(),
    overrides: overrides.optional(),
    'promoted-in': promotedIn.optional(),
    requires: requires.optional(),
    window: window.optional(),
    approvals: approvals.optional(),
    blockers: blockers.optional(),
    documents: documents.optional(),
    verify: named(
      script(DEFAULTS.timeout.verify),
      'a mapping from names to scripts, e.g. `{functional: npm test}`',
    ).optional(),
    backup: backup.optional(),
    'in-service': versionSource.optional(),
    ready: readiness.optional(),
    metrics: metrics.optional(),
    canary: canary.optional(),
    promote: script(DEFAULTS.timeout.script).optional(),
    watch: z.strictObject({ for: duration }, { error: 'a mapping, e.g. `{for: 10m}`' }).optional(),
    rollback: rollback.optional(),
    'last-resort': script(DEFAULTS.timeout.script).optional(),
    'runner-limit': positive.optional(),
    environments: sections.optional(),
  },
  { error: 'a mapping, e.g. `promote: ./deploy.sh`' },
);

export type PlanFile = z.output<typeof planFile>;

/** Keys that the section of an environment cannot hold: they say which plan and which section it is. */
export const OUTSIDE_SECTIONS: readonly string[] = ['service', 'environment', 'environments'];

function parseVariableName(text: string): Reading<string> {
  if (new RegExp(VARIABLE_NAME_PATTERN).test(text)) return { value: text };
  return refuse(
    'The name of an environment variable is letters, digits and `_`, and begins with no digit',
    'Write the name alone, for example `DATABASE_PASSWORD`, never the value.',
  );
}
