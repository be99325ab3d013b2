import * as z from 'zod';
import type { TrialEntry } from '../judge/trial.js';

/** The file beside the events that holds what each verdict rests on. */
export const SAMPLES_FILE = 'samples.jsonl';

export class SamplesInvalid extends Error {}

/** Reads lines of samples. Throws `SamplesInvalid`, naming the first line that is none. */
export function parseSamples(text: string): readonly TrialEntry[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.flatMap((line, index) => (line === '' ? [] : [parseEntry(line, index + 1)]));
}

function parseEntry(line: string, number: number): TrialEntry {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SamplesInvalid(`line ${number} is not JSON`, { cause });
  }
  const parsed = entry.safeParse(value);
  if (parsed.success) return parsed.data as TrialEntry;
  const issue = parsed.error.issues[0];
  const place = issue?.path.join('.') ?? '';
  throw new SamplesInvalid(
    `line ${number} is no line of samples${place === '' ? '' : `: ${place}`}: ${issue?.message ?? ''}`,
  );
}

const maybe = z.nullable(z.number());
const worseBy = z.object({ absolute: maybe, relative: maybe });
const common = {
  importance: z.enum(['critical', 'normal', 'advisory']),
  minimumSamples: z.number(),
  comparison: z.nullable(z.object({ failAbove: worseBy, passBelow: worseBy })),
  limit: maybe,
};
const rule = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('errors'), ...common }),
  z.object({ kind: z.literal('latency'), quantile: z.number(), ...common }),
  z.object({ kind: z.literal('gauge'), better: z.enum(['lower', 'higher']), ...common }),
]);

const counts = z.nullable(z.object({ total: z.number(), failed: z.number() }));
const sample = z.union([
  z.strictObject({ values: z.array(z.number()) }),
  z.strictObject({ first: z.int(), counts: z.array(z.number()), within: z.optional(z.number()) }),
  z.strictObject({ edges: z.array(z.number()), counts: z.array(z.number()) }),
]);
const latencies = z.nullable(sample);
const problem = z.optional(z.string());
const batch = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('errors'), problem, canary: counts, baseline: counts }),
  z.object({ kind: z.literal('latency'), problem, canary: latencies, baseline: latencies }),
  z.object({ kind: z.literal('gauge'), problem, canary: maybe, baseline: maybe, of: z.optional(z.number()) }),
]);

const past = z.object({ failed: z.number(), total: z.number() });

const entry = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('trial'),
    version: z.literal(1),
    stage: z.enum(['canary', 'promote']),
    at: z.number(),
    plannedMs: z.number(),
    intervalMs: z.number(),
    rules: z.object({
      metrics: z.record(z.string(), rule),
      falseAlarm: z.number(),
      falsePass: z.number(),
    }),
    history: z.record(z.string(), z.array(past)),
    latencies: z.optional(z.record(z.string(), z.array(sample))),
    readings: z.optional(z.record(z.string(), z.array(z.number()))),
  }),
  z.object({
    type: z.literal('phase'),
    at: z.number(),
    weight: z.number(),
    wave: z.nullable(z.string()),
    warmUpMs: z.number(),
    bakeMs: z.number(),
    share: maybe,
  }),
  z.object({
    type: z.literal('samples'),
    from: z.number(),
    to: z.number(),
    metrics: z.record(z.string(), batch),
  }),
  z.object({
    type: z.literal('verdict'),
    at: z.number(),
    deadline: z.number(),
    decision: z.enum(['fail', 'pass', 'continue', 'inconclusive']),
  }),
]);
