import * as z from 'zod';
import { DECISIONS, type Decision } from './decisions.js';
import { EventsInvalid, version } from './events.js';

/** As in the events: what is written here is copied there. */
const sha = z.string().check(z.regex(/^[0-9a-f]{40}$/));

const run = z.object({ id: z.string(), attempt: z.string(), job: z.nullable(z.string()), url: z.string() });

const lease = z.object({
  /** Random; known only to the step that holds the lease. */
  owner: z.string(),
  fence: z.int(),
  since: z.iso.datetime(),
  /** By GitHub's clock. */
  expires: z.iso.datetime(),
  run,
});

const current = z.object({
  schema_version: z.literal(1),
  service: z.string(),
  environment: z.string(),
  /** The highest fence number given out so far. */
  fence: z.int(),
  lease: z.nullable(lease),
  /** A person wants the release in flight to stop and go back. */
  stop_requested: z.nullable(
    z.object({ by: z.string(), reason: z.string(), url: z.string(), at: z.iso.datetime() }),
  ),
  /** The release in flight. */
  release: z.nullable(z.string()),
  /** The release in flight waits without a runner; absent in records of before there was parking. */
  parked: z.optional(
    z.nullable(
      z.object({
        resume_at: z.iso.datetime(),
        until: z.iso.datetime(),
        /** The canary's share in percent; absent in records of before it was kept. */
        weight: z.optional(z.number()),
      }),
    ),
  ),
  last_promoted: z.nullable(z.object({ release: z.string(), version, sha, at: z.iso.datetime() })),
  /** Bad changes that must not be released again. */
  quarantine: z.array(
    z.object({
      release: z.string(),
      version,
      sha,
      /** The commit that takes it back; null while there is none. */
      rollback: z.nullable(sha),
    }),
  ),
  /** The latest releases, newest first. */
  recent: z.array(
    z.object({
      release: z.string(),
      version,
      sha,
      decision: z.enum(Object.keys(DECISIONS) as [Decision, ...Decision[]]),
      started: z.iso.datetime(),
      ended: z.iso.datetime(),
      /** What a promoted version took the place of; null for nothing known, absent in records of before it was kept. */
      previous: z.optional(z.nullable(z.object({ version, sha: z.nullable(sha) }))),
    }),
  ),
});

/** `current.json`: where the service stands, for the next run to start from. */
export type Current = z.infer<typeof current>;
export type Lease = z.infer<typeof lease>;

/** How many releases the ledger's front page lists. */
export const RECENT = 30;

export function emptyCurrent(service: string, environment: string): Current {
  return {
    schema_version: 1,
    service,
    environment,
    fence: 0,
    lease: null,
    stop_requested: null,
    release: null,
    last_promoted: null,
    quarantine: [],
    recent: [],
  };
}

/** Throws `EventsInvalid` when the text is not a `current.json` of this service and environment. */
export function parseCurrent(text: string, service: string, environment: string): Current {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EventsInvalid('current.json is not JSON', { cause });
  }
  const parsed = current.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new EventsInvalid(`current.json: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  if (parsed.data.service !== service || parsed.data.environment !== environment) {
    throw new EventsInvalid(
      `current.json belongs to ${parsed.data.service}/${parsed.data.environment}, not to ${service}/${environment}`,
    );
  }
  return parsed.data;
}

export function formatCurrent(value: Current): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
