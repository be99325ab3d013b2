import { describe, expect, test } from '@jest/globals';
import type { Batch } from '../../src/metrics/contract.js';
import type { SourcePorts } from '../../src/metrics/driver.js';
import type { Metric } from '../../src/plan/plan.js';
import { measureOne } from './world.js';

/** What may become of a source. */
export const STATES = [
  'healthy',
  'canary missing',
  'down',
  'slow',
  'of another type',
  'NaN',
  'telling secrets',
] as const;

export type State = (typeof STATES)[number];

/** A secret that stands in the metric by `${SECRET}`, and one that stands there as it is. */
export const SECRET = 'hunter2-hunter2';
export const WRITTEN_SECRET = 'correct-horse-battery';

/** One kind of source in a world of its own. */
export interface SourceCase {
  /** A metric of both arms; each state is its own world, and `close` ends it. */
  enter(state: State): Promise<{
    readonly metric: Metric;
    readonly ports: SourcePorts;
    close(): void | Promise<void>;
  }>;
  /** The same with a variable that is not set; null where a source names none. */
  readonly unset: ((metric: Metric) => Metric) | null;
  /** In words that its problems must hold, by state. A state that this kind cannot be in is left out. */
  readonly says: Readonly<Partial<Record<Exclude<State, 'healthy'>, RegExp>>>;
  /** For a source that asks the service itself: what goes wrong is counted as failed. */
  readonly countsFailures: boolean;
}

/** Far more than an abort needs, far less than a timeout of a minute. */
const PROMPT_MS = 3500;

/** Every kind of source passes this suite. */
export function everySourceIsHonest({ enter, says, unset, countsFailures }: SourceCase): void {
  const states = STATES.filter((state) => state === 'healthy' || says[state] !== undefined);
  // What a service does shows when its requests end, and not in the first tenth of a second.
  const batches = countsFailures ? 6 : 3;

  async function within<T>(
    state: State,
    work: (world: Awaited<ReturnType<typeof enter>>) => Promise<T>,
  ): Promise<T> {
    const world = await enter(state);
    try {
      return await work(world);
    } finally {
      await world.close();
    }
  }

  const seen = new Map<State, Promise<Seen>>();
  /** What is handed over in that state; measured once for all claims about it. */
  function measured(state: State): Promise<Seen> {
    const known =
      seen.get(state) ??
      within(state, async ({ metric, ports }) => {
        const begun = ports.clock.now();
        return { begun, metric, batches: await measureOne(ports, metric, { batches, forMs: 5000 }) };
      });
    seen.set(state, known);
    return known;
  }

  test('a healthy source gives both arms, and no problem', async () => {
    const { metric, batches } = await measured('healthy');
    expect(batches.length).toBeGreaterThanOrEqual(3);
    for (const batch of batches) {
      expect(batch.kind).toBe(metric.kind);
      expect(batch.canary).not.toBeNull();
      expect(batch.baseline).not.toBeNull();
      expect(batch.problem).toBeUndefined();
    }
  });

  describe.each(states)('%s', (state) => {
    test('batches are in order and disjoint, and none begins before the call', async () => {
      const { batches, begun } = await measured(state);
      expect(batches.length).toBeGreaterThanOrEqual(1);
      for (const [i, { from, to }] of batches.entries()) {
        expect(from).toBeGreaterThanOrEqual(batches[i - 1]?.to ?? begun);
        expect(to).toBeGreaterThan(from);
      }
    });

    test('no secret is in what is handed over', async () => {
      const text = JSON.stringify((await measured(state)).batches);
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(WRITTEN_SECRET);
      expect(text).not.toContain(Buffer.from(SECRET).toString('base64'));
    });
  });

  test.each(Object.entries(says))('%s is never a pass: the batches say why', async (state, words) => {
    const { batches } = await measured(state as State);
    if (countsFailures) expect(JSON.stringify(batches)).toMatch(words);
    else for (const batch of batches) expectMissing(batch, words);
  });

  if (!countsFailures) {
    test('an arm that is missing takes nothing from the other', async () => {
      const { batches } = await measured('canary missing');
      expect(batches.filter(({ baseline }) => baseline !== null).length).toBeGreaterThanOrEqual(2);
    });
  }

  test('an abort ends it promptly, even when nothing answers', () =>
    within('slow', async ({ metric, ports }) => {
      const begun = performance.now();
      await measureOne(ports, patient(metric), { forMs: 200 });
      expect(performance.now() - begun).toBeLessThan(200 + PROMPT_MS);
    }));

  test('one that is aborted before it begins ends at once', () =>
    within('healthy', async ({ metric, ports }) => {
      const begun = performance.now();
      await measureOne(ports, metric, { forMs: 0 });
      expect(performance.now() - begun).toBeLessThan(PROMPT_MS);
    }));

  if (unset !== null) {
    test('a variable that is not set is named in each batch', () =>
      within('healthy', async ({ metric, ports }) => {
        const batches = await measureOne(ports, unset(metric), { batches: 2 });
        expect(batches.length).toBeGreaterThanOrEqual(2);
        for (const batch of batches) expectMissing(batch, /NOWHERE.*is not set/);
        expect(JSON.stringify(batches)).not.toContain(WRITTEN_SECRET);
      }));
  }
}

interface Seen {
  readonly begun: number;
  readonly metric: Metric;
  readonly batches: readonly Batch[];
}

function expectMissing(batch: Batch, words: RegExp): void {
  expect(batch.canary).toBeNull();
  expect(batch.problem).toMatch(words);
}

/** With a timeout that an abort must not wait for. */
function patient(metric: Metric): Metric {
  const { source } = metric;
  if (source.kind === 'run')
    return { ...metric, source: { ...source, run: { ...source.run, timeoutMs: 60_000 } } };
  return { ...metric, source: { ...source, timeoutMs: 60_000 } };
}
