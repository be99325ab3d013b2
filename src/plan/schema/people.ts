import * as z from 'zod';
import type { NotifyTarget } from '../plan.js';
import { type Reading, refuse } from '../reading.js';
import { parseContactUrl } from '../urls.js';
import { namesIn } from '../variables.js';
import { DEFAULTS } from './defaults.js';
import { plain, reads, text, url } from './fields.js';
import { handle } from './handle.js';

/** Decisions that people can be told of. */
export const EVENTS = [
  'promoted',
  'nothing-to-do',
  'waiting',
  'paused',
  'blocked',
  'rolled-back',
  'rollback-pending',
  'halted',
  'rollback-failed',
] as const;

const contact = z.strictObject(
  {
    name: text('a name, e.g. `On call`'),
    role: text('a role, e.g. `operations`').exactOptional(),
    github: handle.exactOptional(),
    url: plain('a URL, e.g. `https://chat.example/on-call`', parseContactUrl).exactOptional(),
  },
  { error: 'a contact, e.g. `{name: On call, github: "@acme/sre"}`' },
);

export const contacts = z.array(contact, { error: 'a list of contacts, e.g. `[{name: On call}]`' });

const event = z.enum(EVENTS, { error: `one of the decisions ${EVENTS.join(', ')}, e.g. \`rolled-back\`` });

const events = z
  .array(event, { error: 'a list of decisions, e.g. `[promoted, rolled-back]`' })
  .min(1, { error: 'a list with at least one decision, e.g. `[promoted, rolled-back]`' });

const KEY = 'a routing key, e.g. `${PAGERDUTY_ROUTING_KEY}`';
const PAGERDUTY = 'a routing key or `{key, url}`, e.g. `${PAGERDUTY_ROUTING_KEY}`';

const key = reads(z.string({ error: KEY }), parseKey);

const pagerduty = z
  .union([key, z.strictObject({ key, url: url.optional() }, { error: PAGERDUTY })], { error: PAGERDUTY })
  .transform((value) => {
    const { key, url } = typeof value === 'string' ? { key: value } : value;
    return { key, url: url ?? DEFAULTS.pagerdutyUrl };
  });

const written = z.strictObject(
  {
    slack: url.optional(),
    teams: url.optional(),
    pagerduty: pagerduty.optional(),
    webhook: url.optional(),
    events,
  },
  { error: 'a target, e.g. `{webhook: "${WEBHOOK_URL}", events: [rolled-back]}`' },
);

/** One mapping rather than a form for each kind: a misspelt kind is then told all that there are. */
const target = reads(written, parseTarget);

export const notify = z.array(target, {
  error: 'a list of targets, e.g. `[{webhook: "${WEBHOOK_URL}", events: [rolled-back]}]`',
});

function parseTarget({ events, pagerduty, ...urls }: z.output<typeof written>): Reading<NotifyTarget> {
  const targets: NotifyTarget[] = [
    ...(['slack', 'teams', 'webhook'] as const).flatMap((kind) => {
      const url = urls[kind];
      return url === undefined ? [] : [{ kind, url, events }];
    }),
    ...(pagerduty === undefined ? [] : [{ kind: 'pagerduty' as const, ...pagerduty, events }]),
  ];
  const [only] = targets;
  if (only === undefined || targets.length > 1) {
    return refuse(
      'A target is exactly one of `slack`, `teams`, `pagerduty` and `webhook`',
      'Write one of them beside `events`; another is an item of its own in the list.',
    );
  }
  if (only.kind !== 'pagerduty' || !events.includes('nothing-to-do')) return { value: only };
  return refuse(
    'PagerDuty is told of what needs a person, and of `promoted`, which resolves it: `nothing-to-do` is neither',
    'Remove `nothing-to-do` from `events`.',
  );
}

/** Taken for whole when it names a variable: what that expands to is not known yet. */
function parseKey(text: string): Reading<string> {
  const written = text.trim();
  const isKey = namesIn(written).length > 0 ? !/\s/.test(written) : /^[A-Za-z0-9]{32}$/.test(written);
  if (isKey) return { value: written };
  return refuse(
    'A routing key of PagerDuty is 32 letters and digits',
    'Copy the integration key of an “Events API v2” integration into a secret, and write for example `${PAGERDUTY_ROUTING_KEY}`.',
  );
}
