import { afterEach, describe, expect, test } from '@jest/globals';
import { batchFrom } from '../../src/metrics/run/batch.js';
import type { Metric } from '../../src/plan/plan.js';
import { type Bench, createBench } from '../host/fixture.js';
import { fastClock, measureOne, metricOf, portsOf, script } from './world.js';

const benches: Bench[] = [];
afterEach(() => {
  for (const bench of benches.splice(0)) bench.remove();
});

function batches(run: string, options: { kind?: Metric['kind']; count?: number; wave?: string } = {}) {
  const bench = createBench();
  benches.push(bench);
  const { kind = 'gauge', count = 1, wave } = options;
  return measureOne(
    portsOf({ clock: fastClock(), scripts: bench.scripts }),
    metricOf(script(run, { everyMs: 60_000 }), kind),
    { batches: count, env: { RELEASE_VERSION: '1.2', RELEASE_WAVE: '' }, ...(wave ? { wave } : {}) },
  );
}

describe('a script', () => {
  test('gets the variables of the release, and the interval in whole seconds', async () => {
    const line = `printf '{"canary": %s, "baseline": %s}\\n' "$RELEASE_WINDOW_START" "$RELEASE_WINDOW_END"`;
    const found = await batches(`echo "$RELEASE_VERSION $RELEASE_METRIC $RELEASE_WAVE" >&2; ${line}`, {
      count: 2,
    });
    for (const batch of found) {
      expect(batch).toMatchObject({ canary: batch.from / 1000, baseline: batch.to / 1000 });
      expect(batch.to - batch.from).toBe(60_000);
    }
    const told = await batches('echo "$RELEASE_VERSION $RELEASE_METRIC $RELEASE_WAVE" >&2; exit 3', {
      wave: 'eu',
    });
    expect(told[0]?.problem).toBe(
      'the script exited with code 3 (its last line: 1.2 gauge eu); it must exit with 0',
    );
  });

  test('may say much before its last line', async () => {
    const [batch] = await batches('echo asking; echo \'{"canary": 1}\'; echo');
    expect(batch).toEqual(expect.objectContaining({ kind: 'gauge', canary: 1, baseline: null }));
    expect(batch?.problem).toBeUndefined();
  });

  test('that a signal ends is named', async () => {
    expect((await batches('kill -TERM $$'))[0]?.problem).toMatch(/was ended by SIGTERM/);
  });
});

describe('what it prints', () => {
  test.each<[Metric['kind'], string, object]>([
    [
      'errors',
      '{"canary": {"failed": 1, "total": 250}}',
      { canary: { failed: 1, total: 250 }, baseline: null },
    ],
    [
      'latency',
      '{"canary": {"values": [1, 2.5]}, "baseline": {"values": []}}',
      { canary: { values: [1, 2.5] }, baseline: { values: [] } },
    ],
    [
      'latency',
      '{"canary": {"edges": [50, 100], "counts": [4, 1, 0]}}',
      { canary: { edges: [50, 100], counts: [4, 1, 0] }, baseline: null },
    ],
    ['gauge', '{"canary": -51.5, "baseline": 0}', { canary: -51.5, baseline: 0 }],
  ])('of %s may be %s', (kind, line, batch) => {
    expect(batchFrom(line, kind)).toEqual({ kind, ...batch });
  });

  test('of an arm may be null, which is a problem', () => {
    expect(batchFrom('{"canary": null, "baseline": null}', 'gauge')).toEqual({
      kind: 'gauge',
      canary: null,
      baseline: null,
      problem: 'the script printed null for the canary; the script printed null for the baseline',
    });
  });

  test.each<[Metric['kind'], string, string]>([
    ['gauge', '', 'the script printed nothing; print one object'],
    ['gauge', 'canary=1', "the script's last line of 8 characters is no JSON"],
    ['gauge', '{"canary": NaN}', 'is no JSON'],
    ['gauge', '{"canary": 1e999}', 'canary is Infinity, and a finite number is needed'],
    ['gauge', '{"canary": "1"}', 'canary is a text'],
    ['gauge', '{"canary": {"value": 1}}', 'canary is an object'],
    ['gauge', '12', 'the last line that the script printed is 12, and an object is needed'],
    ['gauge', '[1]', 'is a list, and an object is needed'],
    ['gauge', 'null', 'is null, and an object is needed'],
    ['gauge', '{}', 'the script printed nothing of the canary'],
    ['gauge', '{"baseline": 1}', 'the script printed nothing of the canary'],
    ['gauge', '{"canary": 1, "Baseline": 2}', 'the last line has another key than canary and baseline'],
    ['errors', '{"canary": {"failed": 1}}', 'canary.total is missing'],
    [
      'errors',
      '{"canary": {"failed": 1, "total": 2, "rate": 3}}',
      'canary has another key than failed and total',
    ],
    ['errors', '{"canary": 3}', 'canary is 3, and an object is needed'],
    [
      'errors',
      '{"canary": {"failed": 1, "total": 2}, "baseline": {"failed": null, "total": 2}}',
      'baseline.failed is null',
    ],
    ['latency', '{"canary": {"values": 3}}', 'canary.values is 3, and a list is needed'],
    ['latency', '{"canary": {"values": [1, "2"]}}', 'canary.values.1 is a text'],
    ['latency', '{"canary": {"edges": [1]}}', 'canary.counts is missing'],
    ['latency', '{"canary": {"values": [], "edges": []}}', 'canary has another key than values'],
  ])('of %s, %s is refused', (kind, line, says) => {
    expect(() => batchFrom(line, kind)).toThrow(says);
    expect(() => batchFrom(line, kind)).toThrow('print one object as the last line, such as {"canary":');
  });

  test('is never shown: it may be anything', () => {
    const secret = 'hunter2-hunter2';
    for (const line of [
      secret,
      `{"${secret}": 1}`,
      `{"canary": "${secret}"}`,
      `{"canary": {"${secret}": 1}}`,
    ]) {
      expect(() => batchFrom(line, 'errors')).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining(secret) }),
      );
    }
  });
});
