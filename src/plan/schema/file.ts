import * as z from 'zod';
import { NAME_PATTERN, parseName, VARIABLE_NAME_PATTERN } from '../names.js';
import { type Reading, refuse } from '../reading.js';
import { parseShare, SHARE_PATTERN } from '../share.js';
import { backup } from './backup.js';
import { canary } from './canary.js';
import { DEFAULTS } from './defaults.js';
import { duration, flag, globs, named, plain, positive, reads, refuseVariables, script } from './fields.js';
import { approvals, blockers, documents, overrides, promotedIn, requires, window } from './gates.js';
import { metrics } from './metrics.js';
import { onBusy } from './on-busy.js';
import { contacts, notify } from './people.js';
import { rollback } from './rollback.js';
import { readiness, versionSource } from './service.js';
import { verify } from './verify.js';

const name = plain('a name, e.g. `shop`', parseName, NAME_PATTERN);

const variableName = plain(
  'the name of an environment variable, e.g. `DATABASE_PASSWORD`',
  parseVariableName,
  VARIABLE_NAME_PATTERN,
);

const falseAlarm = reads(
  z.union([z.string().meta({ pattern: SHARE_PATTERN }), z.number().meta({ minimum: 0.0001, maximum: 0.2 })], {
    error: 'a chance, e.g. `1%`',
  }),
  (value) => refuseVariables(value) ?? parseChance(value),
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
    'on-busy': onBusy.optional(),
    'promoted-in': promotedIn.optional(),
    requires: requires.optional(),
    window: window.optional(),
    approvals: approvals.optional(),
    blockers: blockers.optional(),
    documents: documents.optional(),
    verify: verify.optional(),
    backup: backup.optional(),
    'in-service': versionSource.optional(),
    ready: readiness.optional(),
    metrics: metrics.optional(),
    'false-alarm': falseAlarm.optional(),
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

/** Beyond a fifth a rollback says little; below a ten-thousandth no canary lasts long enough to be rolled back. */
function parseChance(written: string | number): Reading<number> {
  const reading = parseShare(written);
  if ('value' in reading && reading.value >= 0.0001 && reading.value <= 0.2) return reading;
  return refuse('The chance of a false alarm is from 0.01 % to 20 %', 'Write for example `1%`.');
}

function parseVariableName(text: string): Reading<string> {
  if (new RegExp(VARIABLE_NAME_PATTERN).test(text)) return { value: text };
  return refuse(
    'The name of an environment variable is letters, digits and `_`, and begins with no digit',
    'Write the name alone, for example `DATABASE_PASSWORD`, never the value.',
  );
}
