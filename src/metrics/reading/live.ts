import type { Clock } from '../../host/contract.js';
import type { Batch, Span } from '../contract.js';
import { eachInterval } from '../intervals.js';
import type { Query } from './arm.js';
import { askAll, type Reader } from './pair.js';

/** Reads one metric in one interval after the other until `signal` aborts. */
export async function readLive<Raw>({
  clock,
  signal,
  everyMs,
  lagMs,
  reader,
  ask,
  onBatch,
}: {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly everyMs: number;
  /** How late an interval is asked about. */
  readonly lagMs: number;
  readonly reader: Reader<Raw>;
  /** Throws `Unmeasured`. */
  readonly ask: (query: Query, span: Span, signal: AbortSignal) => Promise<Raw>;
  readonly onBatch: (batch: Batch) => void;
}): Promise<void> {
  await eachInterval({
    clock,
    signal,
    everyMs,
    lagMs,
    async onInterval(span, signal) {
      const askedAt = clock.now();
      const answers = await askAll(reader, (query) => ask(query, span, signal));
      const batch = reader.read(span, answers);
      if (batch !== null) onBatch(withSlowness(batch, { tookMs: clock.now() - askedAt, everyMs }));
    },
  });
}

/** A late answer is no wrong one; but the next interval is as long as it took. */
function withSlowness(
  batch: Batch,
  { tookMs, everyMs }: { readonly tookMs: number; readonly everyMs: number },
): Batch {
  if (tookMs <= everyMs) return batch;
  const took = `${(tookMs / 1000).toFixed(1)} s, longer than the interval of ${everyMs / 1000} s`;
  const slow = `the answers took ${took}; make the queries cheaper or \`every\` longer`;
  return { ...batch, problem: [...(batch.problem ? [batch.problem] : []), slow].join('; ') };
}
