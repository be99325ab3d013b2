import * as z from 'zod';
import { AGE_PATTERN, parseAge } from '../age.js';
import type { Approval, PromotedIn, Requires, Window } from '../gate-keys.js';
import { NAME_PATTERN, parseName, VARIABLE_NAME_PATTERN } from '../names.js';
import { type Reading, refuse } from '../reading.js';
import { parseSize, SIZE_PATTERN } from '../size.js';
import { parseToolNeed, TOOL_PATTERN } from '../tool-need.js';
import { freezeOf, MOMENT_PATTERN, parseMoment } from '../windows/freeze.js';
import { parseRange, RANGE_PATTERN } from '../windows/range.js';
import { parseZone } from '../windows/zone.js';
import { flag, globs, plain, reads, text } from './fields.js';
import { handle } from './handle.js';

const ROLE_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]*$';
const LABELS = 'a list of labels, e.g. `[release-blocker]`';
const OVERRIDES = 'a mapping, e.g. `{from: ["@acme/leads"]}`';
const PROMOTED_IN = 'a mapping, e.g. `{environment: staging, within: 7d}`';
const REQUIRES = 'a mapping, e.g. `{tools: ["kubectl >= 1.28"], env: [DATABASE_URL]}`';
const WINDOW = 'a mapping, e.g. `{timezone: Europe/Berlin, open: ["Mon-Thu 22:00-05:00"]}`';
const FREEZE = 'a mapping, e.g. `{from: 2026-12-18, to: 2027-01-04, reason: Year end}`';
const APPROVAL = 'a mapping, e.g. `{role: business, from: ["@alice", "@bob"], count: 1}`';
const DOCUMENT = 'a mapping, e.g. `{when: ["src/api/**"], require: ["docs/api/**"]}`';

const people = z
  .array(handle, { error: 'a list of GitHub names, e.g. `["@alice", "@acme/leads"]`' })
  .min(1, { error: 'a list with at least one GitHub name, e.g. `["@alice"]`' });

export const overrides = z.strictObject({ from: people }, { error: OVERRIDES });

export const promotedIn = z
  .strictObject(
    {
      environment: plain('a name, e.g. `staging`', parseName, NAME_PATTERN),
      within: plain('an age, e.g. `7d`', parseAge, AGE_PATTERN).optional(),
    },
    { error: PROMOTED_IN },
  )
  .transform(({ environment, within }): PromotedIn => ({ environment, withinMs: within ?? null }));

const write = z.literal('write', { error: '`write`, e.g. `write`' }).optional();

export const requires = z
  .strictObject(
    {
      tools: z
        .array(plain('a tool, e.g. `kubectl >= 1.28`', parseToolNeed, TOOL_PATTERN), {
          error: 'a list of tools, e.g. `["kubectl >= 1.28"]`',
        })
        .optional(),
      env: z
        .array(plain('the name of a variable, e.g. `DATABASE_URL`', parseVariable, VARIABLE_NAME_PATTERN), {
          error: 'a list of names, e.g. `[DATABASE_URL]`',
        })
        .optional(),
      disk: plain('a size, e.g. `10GB`', parseSize, SIZE_PATTERN).optional(),
      checks: z
        .array(text('the name of a check, e.g. `build`'), { error: 'a list of names, e.g. `[build, test]`' })
        .optional(),
      permissions: z
        .strictObject(
          {
            contents: write,
            checks: write,
            statuses: write,
            deployments: write,
            issues: write,
            'pull-requests': write,
          },
          { error: 'a mapping, e.g. `{contents: write}`' },
        )
        .optional(),
    },
    { error: REQUIRES },
  )
  .transform(
    ({ tools, env, disk, checks, permissions }): Requires => ({
      tools: tools ?? [],
      env: env ?? [],
      diskBytes: disk ?? null,
      checks: checks ?? [],
      permissions: Object.keys(permissions ?? {}) as Requires['permissions'],
    }),
  );

const moment = plain('a date, e.g. `2026-12-18`', parseMoment, MOMENT_PATTERN);

const freeze = reads(
  z.strictObject({ from: moment, to: moment, reason: text('a reason, e.g. `Year end`') }, { error: FREEZE }),
  freezeOf,
);

const ranges = z
  .array(plain('days and times, e.g. `Mon-Thu 22:00-05:00`', parseRange, RANGE_PATTERN), {
    error: 'a list of ranges, e.g. `["Mon-Thu 22:00-05:00"]`',
  })
  .min(1, {
    error: 'a list with at least one range: this window would never open, e.g. `["Mon-Thu 22:00-05:00"]`',
  });

const windowKeys = z.strictObject(
  {
    timezone: plain('a time zone, e.g. `Europe/Berlin`', parseZone),
    open: ranges.optional(),
    freeze: z
      .array(freeze, {
        error: `a list of freezes, e.g. \`[{from: 2026-12-18, to: 2027-01-04, reason: Year end}]\``,
      })
      .optional(),
  },
  { error: WINDOW },
);

export const window = reads(windowKeys, ({ timezone, open, freeze: freezes }): Reading<Window> => {
  if (open !== undefined || (freezes ?? []).length > 0) {
    return { value: { timezone, open: open ?? null, freeze: freezes ?? [] } };
  }
  return refuse('A window says when it is open, or when releases are frozen', 'Add `open` or `freeze`.');
});

const approval = reads(
  z.strictObject(
    {
      role: plain('a role, e.g. `business`', parseRole, ROLE_PATTERN),
      from: people,
      count: z
        .int({ error: 'a whole number from 1, e.g. `1`' })
        .min(1, { error: 'a whole number from 1, e.g. `1`' })
        .optional(),
      self: flag.optional(),
    },
    { error: APPROVAL },
  ),
  ({ role, from, count = 1, self = false }): Reading<Approval> => {
    const persons = new Set(from.map((one) => one.toLowerCase()));
    const isTeam = from.some((one) => one.includes('/'));
    if (isTeam || persons.size >= count) return { value: { role, from, count, self } };
    return refuse(
      `The role \`${role}\` needs ${count} people, and \`from\` names ${persons.size}`,
      'Name more people, or lower `count`.',
    );
  },
);

export const approvals = z.array(approval, {
  error: 'a list of roles, e.g. `[{role: business, from: ["@alice"]}]`',
});

export const blockers = z.strictObject(
  {
    labels: z
      .array(text('a label, e.g. `release-blocker`'), { error: LABELS })
      .min(1, { error: 'a list with at least one label, e.g. `[release-blocker]`' }),
  },
  { error: 'a mapping, e.g. `{labels: [release-blocker]}`' },
);

const filled = reads(globs, (list) =>
  list.length > 0
    ? { value: list }
    : refuse('This list has at least one pattern', 'Write for example `["docs/**"]`.'),
);

export const documents = z.array(
  z
    .strictObject(
      {
        when: filled,
        require: filled,
        reason: text('a reason, e.g. `The API reference is a promise`').optional(),
      },
      { error: DOCUMENT },
    )
    .transform((rule) => ({ ...rule, reason: rule.reason ?? 'Changed code comes with changed documents' })),
  { error: 'a list of rules, e.g. `[{when: ["src/api/**"], require: ["docs/api/**"]}]`' },
);

/** One word, since `/approve <role> <sha>` names it. */
function parseRole(role: string): Reading<string> {
  if (new RegExp(ROLE_PATTERN).test(role)) return { value: role };
  return refuse(
    'A role is one word of letters, digits, `.`, `_` and `-`: people write it in `/approve <role> <commit>`',
    'Write for example `business`.',
  );
}

function parseVariable(name: string): Reading<string> {
  if (new RegExp(VARIABLE_NAME_PATTERN).test(name)) return { value: name };
  return refuse(
    'The name of an environment variable is letters, digits and `_`, and begins with no digit',
    'Write the name alone, for example `DATABASE_URL`, never the value.',
  );
}
