import * as z from 'zod';
import { type Reading, refuse } from '../reading.js';
import { parseContactUrl } from '../urls.js';
import { plain, text, url } from './fields.js';

/** Decisions that people can be told of. */
export const EVENTS = ['promoted', 'nothing-to-do', 'blocked', 'rolled-back', 'rollback-failed'] as const;

const HANDLE_PATTERN = '^@[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?$';

const contact = z.strictObject(
  {
    name: text('a name, e.g. `On call`'),
    role: text('a role, e.g. `operations`').exactOptional(),
    github: plain('a GitHub name, e.g. `"@acme/sre"`', parseHandle, HANDLE_PATTERN).exactOptional(),
    url: plain('a URL, e.g. `https://chat.example/on-call`', parseContactUrl).exactOptional(),
  },
  { error: 'a contact, e.g. `{name: On call, github: "@acme/sre"}`' },
);

export const contacts = z.array(contact, { error: 'a list of contacts, e.g. `[{name: On call}]`' });

const event = z.enum(EVENTS, { error: `one of the decisions ${EVENTS.join(', ')}, e.g. \`rolled-back\`` });

const events = z
  .array(event, { error: 'a list of decisions, e.g. `[promoted, rolled-back]`' })
  .min(1, { error: 'a list with at least one decision, e.g. `[promoted, rolled-back]`' });

const target = z
  .strictObject(
    { webhook: url, events },
    { error: 'a target, e.g. `{webhook: "${WEBHOOK_URL}", events: [rolled-back]}`' },
  )
  .transform(({ webhook, events }) => ({ kind: 'webhook' as const, url: webhook, events }));

export const notify = z.array(target, {
  error: 'a list of targets, e.g. `[{webhook: "${WEBHOOK_URL}", events: [rolled-back]}]`',
});

function parseHandle(value: string): Reading<string> {
  if (new RegExp(HANDLE_PATTERN).test(value)) return { value };
  return refuse('A GitHub name is `@person` or `@organisation/team`', 'Write for example `"@acme/sre"`.');
}
