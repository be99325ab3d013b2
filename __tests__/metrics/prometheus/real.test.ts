import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Batch } from '../../../src/metrics/contract.js';
import { queryFor } from '../../../src/metrics/prometheus/query.js';
import type { Metric, Queries } from '../../../src/plan/plan.js';
import { needs } from '../../components.js';
import { errors, gauge, historyOf, latency, measure, metricOf, portsOf, prometheus } from '../world.js';
import { type Exporter, type Exposed, startExporter } from './exporter.js';
import { type Prometheus, startPrometheus } from './server.js';

const ARMS = ['canary', 'baseline'] as const;
/** Of ten requests of the canary two fail, of the baseline one. */
const FAILING = { canary: 2, baseline: 1 } as const;

/** Ten requests at a time, of which each scrape sees all or none: so shares are exact in every batch. */
function service() {
  const tens = { canary: 0, baseline: 0 };
  let isReset = false;
  const expose = (): readonly Exposed[] => ARMS.flatMap((arm) => exposedOf(arm, tens[arm]));
  return {
    expose,
    work() {
      tens.canary += 1;
      tens.baseline += 3;
    },
    requests: (arm: (typeof ARMS)[number]) => 10 * tens[arm],
    restartCanary() {
      if (!isReset) tens.canary = 0;
      isReset = true;
    },
  };
}

function exposedOf(arm: (typeof ARMS)[number], tens: number): readonly Exposed[] {
  const labels = { arm };
  const counter = (name: string, number: number): Exposed => ({
    name,
    labels,
    value: { kind: 'counter', number },
  });
  const cumulative = [
    [0.1, 6 * tens],
    [0.25, 9 * tens],
    [Infinity, 10 * tens],
  ] as const;
  return [
    counter('requests_total', 10 * tens),
    counter('failures_total', FAILING[arm] * tens),
    { name: 'memory_bytes', labels, value: { kind: 'gauge', number: arm === 'canary' ? 120 : 100 } },
    { name: 'duration_seconds', labels, value: { kind: 'classic', cumulative } },
    {
      name: 'native_seconds',
      labels,
      // Of ten values nine are at most 2^(-16/8) s = 250 ms, one is above.
      value: {
        kind: 'native',
        counts: new Map([
          [-16, 9 * tens],
          [-8, tens],
        ]),
      },
    },
  ];
}

needs('prometheus')('a real Prometheus', () => {
  const shop = service();
  let exporter: Exporter;
  let server: Prometheus;
  let timer: NodeJS.Timeout;
  let begun = 0;
  let found: ReadonlyMap<string, readonly Batch[]>;

  const both = (queryOf: (arm: string) => Queries) => ({
    canary: queryOf('canary'),
    baseline: queryOf('baseline'),
  });
  const metric = (name: string, kind: Metric['kind'], arms: ReturnType<typeof both>) =>
    metricOf(prometheus(server.url, arms, { delayMs: 500 }), kind, name);
  const counters = () =>
    metric(
      'counters',
      'errors',
      both((arm) => errors(`failures_total{arm="${arm}"} or vector(0)`, `requests_total{arm="${arm}"}`)),
    );

  beforeAll(async () => {
    exporter = await startExporter(shop.expose);
    timer = setInterval(shop.work, 20);
    server = await startPrometheus(exporter.address, ['/metrics', '/native']);
    begun = Date.now();
    const metrics = [
      counters(),
      metric(
        'window',
        'errors',
        both((arm) =>
          errors(
            `sum(increase(failures_total{arm="${arm}"}[{{window}}]))`,
            `sum(increase(requests_total{arm="${arm}"}[{{window}}]))`,
          ),
        ),
      ),
      metric(
        'classic',
        'latency',
        both((arm) => latency(`duration_seconds_bucket{arm="${arm}"}`)),
      ),
      metric(
        'native',
        'latency',
        both((arm) => latency(`native_seconds{arm="${arm}"}`)),
      ),
      metric(
        'memory',
        'gauge',
        both((arm) => gauge(`memory_bytes{arm="${arm}"}`)),
      ),
      metric(
        'several',
        'gauge',
        both(() => gauge('memory_bytes')),
      ),
      metric(
        'nan',
        'gauge',
        both(() => gauge('0/0')),
      ),
      metric(
        'infinite',
        'gauge',
        both(() => gauge('1/0')),
      ),
      metric(
        'nothing',
        'gauge',
        both(() => gauge('no_such_metric')),
      ),
      metric(
        'wrong',
        'gauge',
        both(() => gauge('sum(memory_bytes')),
      ),
      metric(
        'range',
        'gauge',
        both((arm) => gauge(`memory_bytes{arm="${arm}"}[1m]`)),
      ),
      metric(
        'histogram',
        'gauge',
        both((arm) => gauge(`native_seconds{arm="${arm}"}`)),
      ),
      metric(
        'number',
        'latency',
        both((arm) => latency(`memory_bytes{arm="${arm}"}`)),
      ),
    ];
    setTimeout(shop.restartCanary, 2200);
    found = await measure(portsOf(), metrics, { forMs: 4700 });
    clearInterval(timer);
  }, 60_000);

  afterAll(async () => {
    clearInterval(timer);
    exporter?.close();
    await server?.close();
  });

  const batchesOf = (name: string) => found.get(name) ?? [];
  const problemsOf = (name: string) => batchesOf(name).map(({ problem }) => problem ?? '');

  test('counters give the requests of each interval, from after the first scrape on', () => {
    const batches = batchesOf('counters');
    expect(batches.length).toBeGreaterThanOrEqual(2);
    expect(batches[0]?.from).toBeGreaterThanOrEqual(begun + 1000);
    for (const [i, batch] of batches.entries()) {
      expect(batch.to - batch.from).toBeGreaterThanOrEqual(1000);
      if (i > 0) expect(batch.from).toBe(batches[i - 1]?.to);
      for (const arm of ARMS) {
        const { total, failed } = countsOf(batch, arm);
        expect(failed).toBeCloseTo((FAILING[arm] / 10) * total, 6);
      }
    }
    const sum = (arm: (typeof ARMS)[number]) =>
      batches.reduce((all, batch) => all + countsOf(batch, arm).total, 0);
    expect(sum('canary')).toBeGreaterThan(100);
    expect(sum('baseline')).toBeGreaterThan(2 * sum('canary'));
  });

  test('a counter that goes back counts from zero again, and the batch says so', () => {
    expect(problemsOf('counters').join()).toContain('requests_total{arm="canary", instance=');
    expect(problemsOf('counters').join()).toContain('went back and counts from zero again');
    expect(problemsOf('counters').filter((problem) => problem.includes('went back'))).toHaveLength(1);
  });

  test('amounts over a window need at least two scrapes in it, and no data is a problem', () => {
    // The window is as long as the interval between scrapes here: the mistake that everybody makes once.
    expect(batchesOf('window').some(({ canary }) => canary === null)).toBe(true);
    expect(problemsOf('window').join()).toContain('found no series');
  });

  test('classic buckets become counts between edges in milliseconds', () => {
    const sound = batchesOf('classic').filter(({ canary, baseline }) => canary && baseline);
    expect(sound.length).toBeGreaterThanOrEqual(2);
    for (const batch of sound) {
      expect(batch.baseline).toMatchObject({ edges: [100, 250] });
      const [fast = 0, middle = 0, slow = 0] = bucketsOf(batch, 'baseline').counts;
      expect([fast / 6, middle / 3]).toEqual([slow, slow]);
    }
  });

  test('counters and both kinds of histograms count the same requests', () => {
    const total = (batch: Batch) => {
      const sample = batch.kind === 'gauge' ? null : batch.baseline;
      if (sample === null || 'values' in sample) return null;
      return 'total' in sample ? sample.total : sample.counts.reduce((sum, count) => sum + count, 0);
    };
    const at = (name: string) => new Map(batchesOf(name).map((batch) => [batch.to, total(batch)]));
    const [counters, classic, native] = [at('counters'), at('classic'), at('native')];
    const moments = [...counters.keys()].filter((to) => classic.has(to));
    expect(moments.length).toBeGreaterThanOrEqual(1);
    for (const to of moments) expect(classic.get(to)).toBe(counters.get(to));
    // Scraped apart from the others, and so a part of an interval earlier or later.
    const inNative = [...native.values()].reduce<number>((sum, count) => sum + (count ?? 0), 0);
    expect(inNative).toBeGreaterThan(0);
    expect(inNative).toBeLessThanOrEqual(shop.requests('baseline'));
    expect(problemsOf('classic').join() + problemsOf('native').join()).not.toContain('arm="baseline"');
  });

  test('native histograms become counts on a ladder that is the same in each batch', () => {
    const sound = batchesOf('native').filter(({ canary, baseline }) => canary && baseline);
    expect(sound.length).toBeGreaterThanOrEqual(2);
    const ladders = sound.flatMap((batch) => ARMS.map((arm) => String(bucketsOf(batch, arm).edges)));
    expect(new Set(ladders).size).toBe(1);
    for (const batch of sound) {
      const { edges, counts } = bucketsOf(batch, 'baseline');
      const slow = counts[edges.indexOf(500)] ?? Number.NaN;
      expect(counts[edges.indexOf(250)]).toBe(9 * slow);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10 * slow);
    }
  });

  test('a gauge is the one number that a query answers', () => {
    expect(batchesOf('memory').length).toBeGreaterThanOrEqual(2);
    for (const batch of batchesOf('memory')) expect(batch).toMatchObject({ canary: 120, baseline: 100 });
  });

  test.each([
    [
      'several',
      /canary answered 2 series, for example memory_bytes\{.*a gauge is one number; join them by sum/,
    ],
    ['nan', /canary answered NaN for \{\}, and a finite number is needed/],
    ['infinite', /canary answered Infinity/],
    ['nothing', /canary found no series, and no data is never a pass/],
    ['wrong', /refused the query with status 400 \(bad_data\): .*unclosed left parenthesis/],
    ['range', /answered with the values of a range, and those of one moment are needed/],
    ['histogram', /answered a histogram for .*, and a number is needed/],
    ['number', /needs buckets with the label le/],
  ])('%s: no arm has a sample, and each batch says why', (name, says) => {
    expect(batchesOf(name).length).toBeGreaterThanOrEqual(2);
    for (const batch of batchesOf(name)) {
      expect(batch).toMatchObject({ canary: null, baseline: null });
      expect(batch.problem).toMatch(says);
      expect(batch.problem).toContain('[asked: ');
    }
  });

  test('the past comes from the same counters', async () => {
    const to = Math.floor(Date.now() / 1000) * 1000 - 1000;
    const past = await historyOf(portsOf(), counters(), { from: to - 20_000, to, everyMs: 1000 });
    if ('problem' in past) throw new Error(past.problem);
    expect(past).toHaveLength(20);
    expect(past[0]).toEqual({
      from: to - 20_000,
      to: to - 19_000,
      kind: 'errors',
      canary: null,
      baseline: null,
    });
    // The same counters at the same moments say the same, live and later.
    const live = new Map(batchesOf('counters').map((batch) => [`${batch.from} ${batch.to}`, batch]));
    const same = past.filter(({ from, to: until }) => live.has(`${from} ${until}`));
    expect(same.length).toBeGreaterThanOrEqual(1);
    for (const batch of same) {
      expect(batch.baseline).toEqual(live.get(`${batch.from} ${batch.to}`)?.baseline);
    }
  });

  test.each(['"', "'"])('a wave between %s is read as what it is, and ends no string', async (quote) => {
    const wave = `a" or vector(1) or ' \\ \u0007 \` } #`;
    const query = queryFor(`label_replace(vector(1), "wave", ${quote}{{wave}}${quote}, "", "")`, {
      from: 0,
      to: 1000,
      wave,
    });
    const answer = await fetch(`${server.url}/api/v1/query?query=${encodeURIComponent(query)}`);
    expect(await answer.json()).toMatchObject({ data: { result: [{ metric: { wave } }] } });
  });

  test('what is gone from the service is gone from the batches', async () => {
    exporter.die();
    const memory = metric(
      'memory',
      'gauge',
      both((arm) => gauge(`memory_bytes{arm="${arm}"}`)),
    );
    // On a busy machine a look may come to nothing; one that comes to something finds no series.
    let late: readonly Batch[] = [];
    for (let look = 0; look < 5 && late.length === 0; look++) {
      late = (await measure(portsOf(), [memory], { forMs: 2400 })).get('memory') ?? [];
    }
    expect(late.at(-1)).toMatchObject({ canary: null, baseline: null });
    expect(late.at(-1)?.problem).toContain('found no series');
  });
});

function countsOf(batch: Batch, arm: (typeof ARMS)[number]) {
  const sample = batch.kind === 'errors' ? batch[arm] : null;
  if (sample === null) throw new Error(`no counts of the ${arm}: ${batch.problem}`);
  return sample;
}

function bucketsOf(batch: Batch, arm: (typeof ARMS)[number]) {
  const sample = batch.kind === 'latency' ? batch[arm] : null;
  if (sample === null || !('edges' in sample)) throw new Error(`no buckets of the ${arm}: ${batch.problem}`);
  return sample;
}
