import type { MetricBatch, Span } from '../metrics/contract.js';
import { own } from './own.js';
import { asMissing, joinRecorded, type RecordedBatch, recordBatch } from './recorded.js';
import type { MetricRule } from './rules.js';
import type { TrialSamples } from './trial.js';

/** What came of one metric since its last row. */
interface Open extends Span {
  readonly batch: RecordedBatch;
}

/**
 * Gathers what sources hand over into rows of a sensible length, so that the record of a long canary stays small. The
 * judge is given rows and nothing else.
 */
export interface Gathering {
  readonly open: Readonly<Record<string, Open>>;
  readonly rows: Readonly<Record<string, number>>;
}

export const NOTHING_GATHERED: Gathering = { open: {}, rows: {} };

/** So many rows of counts; a gauge's readings are small, and each is worth more. */
const ROWS = { errors: 120, latency: 120, gauge: 480 } as const;
/** A source that comes and goes must not fill the record: beyond this, what cannot be joined is called missing. */
const MOST_ROWS = 600;

/** How long a row of this metric is to be. */
export function rowLength({ kind }: Pick<MetricRule, 'kind'>, plannedMs: number): number {
  return plannedMs / ROWS[kind];
}

/** Takes a batch in; `closed` are the rows that are complete. */
export function gather(
  gathering: Gathering,
  came: { readonly name: string; readonly rule: MetricRule; readonly batch: Span & MetricBatch },
  plannedMs: number,
): { readonly gathering: Gathering; readonly closed: readonly TrialSamples[] } {
  const { name, rule, batch } = came;
  const next: Open = { from: batch.from, to: batch.to, batch: recordBatch(rule, batch) };
  const before = own(gathering.open, name);
  const isFull = (own(gathering.rows, name) ?? 0) >= MOST_ROWS;
  const joined = before === undefined ? next : join(before, next, isFull);
  const open = joined ?? next;
  const isComplete = open.to - open.from >= rowLength(rule, plannedMs);
  const closed = [
    ...(joined === null && before !== undefined ? [rowOf(name, before)] : []),
    ...(isComplete ? [rowOf(name, open)] : []),
  ];
  const { [name]: _, ...others } = gathering.open;
  return {
    gathering: {
      open: isComplete ? others : { ...others, [name]: open },
      rows: { ...gathering.rows, [name]: (own(gathering.rows, name) ?? 0) + closed.length },
    },
    closed,
  };
}

/** All that is open, as rows; several metrics of one span share a row. */
export function openRows({ open }: Gathering): readonly TrialSamples[] {
  return together(Object.entries(open).map(([name, one]) => rowOf(name, one)));
}

/** Rows of the same span are one row: the judge counts the requests that metrics share once. */
export function together(rows: readonly TrialSamples[]): readonly TrialSamples[] {
  const spans = new Map<string, TrialSamples>();
  for (const row of rows) {
    const key = `${row.from} ${row.to}`;
    const same = spans.get(key);
    spans.set(key, same === undefined ? row : { ...same, metrics: { ...same.metrics, ...row.metrics } });
  }
  return [...spans.values()];
}

function join(a: Open, b: Open, isFull: boolean): Open | null {
  // A gap between the two, or an overlap, is the judge's to name.
  if (a.to !== b.from) return null;
  const batch = joinRecorded(a.batch, b.batch);
  if (batch !== null) return { from: a.from, to: b.to, batch };
  return isFull ? { from: a.from, to: b.to, batch: asMissing(b.batch) } : null;
}

function rowOf(name: string, { from, to, batch }: Open): TrialSamples {
  return { type: 'samples', from, to, metrics: { [name]: batch } };
}
