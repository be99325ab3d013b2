import * as z from 'zod';
import { PROOFS } from '../plan/plan.js';
import { DECISIONS, type Decision } from './decisions.js';
import { judgement, verdict } from './judged.js';
import { REASON_CODES, type ReasonCode } from './reasons.js';
import { VERSION, VERSION_FORM } from './version.js';

/** The stages in their order; `rollback` runs only when needed. */
export const STAGE_NAMES = ['plan', 'verify', 'backup', 'canary', 'promote', 'rollback'] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** What changes the world outside the ledger. */
export const EFFECTS = [
  'canary',
  'traffic',
  'promote',
  'remove',
  'rollback',
  'rollback-commit',
  'last-resort',
  'quiesce',
  'restore',
] as const;
export type Effect = (typeof EFFECTS)[number];

const time = z.iso.datetime();
const weight = z.int().check(z.gte(0), z.lte(100));
const reason = z.enum(REASON_CODES as readonly [ReasonCode, ...ReasonCode[]]);
const decision = z.enum(Object.keys(DECISIONS) as [Decision, ...Decision[]]);
const sha = z.string().check(z.regex(/^[0-9a-f]{40}$/));
/** It becomes a variable of scripts, and so is held to the form of the input. */
export const version = z.string().check(z.regex(VERSION, `is not ${VERSION_FORM}`));

const runRef = z.object({
  id: z.string(),
  attempt: z.string(),
  job: z.nullable(z.string()),
  url: z.string(),
});

const count = z.int().check(z.gte(0));

/** What one verification suite proved or did not; the last one of a suite counts. */
const verified = z.object({
  type: z.literal('verified'),
  at: time,
  suite: z.string(),
  verdict,
  reason: z.nullable(reason),
  summary: z.string(),
  /** How often it was run: a suite that passed by more than one is flaky. */
  attempts: count,
  tests: z.nullable(
    z.object({
      tests: count,
      failures: count,
      errors: count,
      skipped: count,
      flaky: count,
      /** Failed by the totals of the report, and not listed in it. */
      unlisted: count,
    }),
  ),
  alerts: z.nullable(
    z.object({
      critical: count,
      high: count,
      medium: count,
      low: count,
      none: count,
      suppressed: count,
    }),
  ),
  /** By the paths of the plan's limits, for the next release to be held against. */
  values: z.record(z.string(), z.number()),
  /** Of all findings, for the next release to know which are new; null when nothing was scanned. */
  fingerprints: z.nullable(z.array(z.string())),
  /** What people are shown at the code: the first ones. */
  findings: z.array(
    z.object({
      path: z.nullable(z.string()),
      line: z.nullable(count),
      level: z.enum(['failure', 'warning', 'notice']),
      title: z.string(),
      message: z.string(),
    }),
  ),
});

/** A backup that is to be restored. */
const keptBackup = z.object({
  source: z.string(),
  kind: z.string(),
  id: z.string(),
  sha256: z.nullable(z.string()),
  size: z.nullable(z.number()),
  bytes: z.optional(z.number()),
  digest: z.nullable(z.string()),
  takenAt: time,
  /** The command that restores it by hand, into a new place; absent in older records. */
  restore: z.optional(z.string()),
});

/** The first event of each release: all that a later run must know about it. */
const started = z.object({
  type: z.literal('started'),
  at: time,
  schema_version: z.literal(1),
  release: z.string(),
  service: z.string(),
  environment: z.string(),
  version,
  sha,
  previous: z.nullable(z.object({ version, sha: z.nullable(sha) })),
  /** The branch that a rollback commit goes to; null when the event names none. */
  branch: z.nullable(z.string()),
  actor: z.string(),
  trigger: z.string(),
  reason: z.nullable(z.string()),
  overrides: z.array(z.string()),
  run: runRef,
  owner: z.string(),
  fence: z.int(),
  plan: z.object({ source: z.string(), digest: z.string() }),
  /** `rollback`: a person took back what had been promoted; `version` is then the bad one. */
  kind: z.enum(['release', 'rollback']),
  /** Releases in quarantine whose change this commit contains together with what mends it. */
  mends: z.array(z.string()),
  /** Why it cannot be taken back; null when it can. */
  irreversible: z.nullable(z.string()),
  /** The weights that the canary is to stand at, in order. */
  steps: z.array(weight),
  /** Of a rollback by hand: the release whose backups are to be restored; absent when the data stays. */
  data: z.optional(z.object({ release: z.string(), backups: z.array(keptBackup) })),
});

const event = z.discriminatedUnion('type', [
  started,
  /** A person agreed before the release began. */
  z.object({
    type: z.literal('signed-off'),
    at: time,
    /** As in the plan; `environment` for the reviewer of a GitHub environment. */
    role: z.string(),
    by: z.string(),
    via: z.enum(['review', 'comment', 'environment']),
    pull: z.nullable(z.int()),
    /** What was looked at. */
    commit: sha,
    /** When, by GitHub; null when it does not tell. */
    given: z.nullable(z.string()),
    url: z.nullable(z.string()),
  }),
  z.object({ type: z.literal('stage-started'), at: time, stage: z.enum(STAGE_NAMES) }),
  z.object({
    type: z.literal('stage-ended'),
    at: time,
    stage: z.enum(STAGE_NAMES),
    verdict: z.union([verdict, z.literal('skipped')]),
    reason: z.nullable(reason),
    summary: z.string(),
    /** Markdown lines that support the verdict. */
    evidence: z.array(z.string()),
  }),
  verified,
  z.object({
    type: z.literal('intent'),
    at: time,
    effect: z.enum(EFFECTS),
    weight: z.optional(weight),
    timeout_ms: z.number(),
  }),
  z.object({
    type: z.literal('outcome'),
    at: time,
    effect: z.enum(EFFECTS),
    ok: z.boolean(),
    weight: z.optional(weight),
    /** Whether the weight was read back; absent for effects without a weight. */
    verified: z.optional(z.boolean()),
    note: z.optional(z.string()),
    duration_ms: z.number(),
    /** It was certainly not begun: the release had to stop after its intent was written. */
    withdrawn: z.optional(z.literal(true)),
  }),
  z.object({
    type: z.literal('data-restored'),
    at: time,
    /** `done`: the backups are in place. `untouched`: the live data is as it was. `left`: to a person. */
    result: z.enum(['done', 'untouched', 'left']),
    note: z.string(),
    /** What a person has to type; empty when there is nothing left. */
    commands: z.array(z.string()),
  }),
  z.object({
    type: z.literal('judged'),
    at: time,
    stage: z.enum(['canary', 'promote']),
    weight,
    ...judgement,
  }),
  /** The version in service, as read: null when it could not be read. */
  z.object({
    type: z.literal('read-back'),
    at: time,
    version: z.nullable(version),
    note: z.optional(z.string()),
  }),
  /** From here on the release goes back. */
  z.object({ type: z.literal('failing'), at: time, reason, summary: z.string() }),
  z.object({
    type: z.literal('rollback-commit'),
    at: time,
    result: z.enum(['done', 'pull-request', 'incident', 'none']),
    commit: z.nullable(sha),
    /** The pull request, or the comparison of a branch that waits for one. */
    url: z.nullable(z.string()),
    note: z.string(),
    files: z.array(z.string()),
    commands: z.array(z.string()),
  }),
  /** What was saved of one source. For people and for a restore by hand, which proves it again: nothing here is run. */
  z.object({
    type: z.literal('backed-up'),
    at: time,
    source: z.string(),
    kind: z.string(),
    /** The kind of store; null for what keeps its own. */
    store: z.nullable(z.string()),
    id: z.string(),
    proved: z.enum(PROOFS),
    taken_at: time,
    bytes: z.number(),
    /** Of the stored stream; null for a tree of files. */
    sha256: z.nullable(z.string()),
    /** Bytes of that stream, where it is known: a tree that is kept as one stream is longer than its files. */
    stream_bytes: z.optional(z.nullable(z.number())),
    /** Of the content, in the form that is compared; null where nothing was. */
    digest: z.nullable(z.string()),
    /** The command that restores it by hand, into a new place. */
    restore: z.string(),
  }),
  /** It waits without a runner, on purpose: at this step and weight, until somebody looks. */
  z.object({
    type: z.literal('parked'),
    at: time,
    /** Of the plan's steps, from 0. */
    step: count,
    weight,
    /** When the step began, its warm-up included. */
    begun: time,
    /** When its verdict is due. */
    deadline: time,
    resume_at: time,
    /** Past it the release goes back. */
    until: time,
    why: z.enum(['step', 'inconclusive', 'window']),
  }),
  /** A later run or the post step took the release over. */
  z.object({ type: z.literal('taken-over'), at: time, owner: z.string(), fence: z.int(), run: runRef }),
  z.object({
    type: z.literal('ended'),
    at: time,
    decision,
    reason,
    summary: z.string(),
    weight: z.nullable(weight),
    in_service: z.nullable(version),
  }),
]);

export type ReleaseEvent = z.infer<typeof event>;
export type Started = z.infer<typeof started>;
export type ParkedEvent = Extract<ReleaseEvent, { type: 'parked' }>;
export type Verified = z.infer<typeof verified>;
export type KeptBackup = z.infer<typeof keptBackup>;
export type BackedUp = Omit<Extract<ReleaseEvent, { type: 'backed-up' }>, 'type' | 'at'>;
export type RunRef = z.infer<typeof runRef>;

/** An event without its time, which the journal adds. */
export type NewEvent = ReleaseEvent extends infer E
  ? E extends ReleaseEvent
    ? Omit<E, 'at'>
    : never
  : never;

export class EventsInvalid extends Error {}

/** Reads `events.jsonl`. Throws `EventsInvalid` on the first line that is not an event: nothing is guessed. */
export function parseEvents(text: string): readonly ReleaseEvent[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => parseEvent(line, index + 1));
}

export function formatEvents(events: readonly ReleaseEvent[]): string {
  return events.map((e) => `${JSON.stringify(e)}\n`).join('');
}

function parseEvent(line: string, number: number): ReleaseEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new EventsInvalid(`line ${number} of events.jsonl is not JSON`, { cause });
  }
  const parsed = event.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new EventsInvalid(
      `line ${number} of events.jsonl is not an event: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  return parsed.data;
}
