import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { emptyCurrent } from '../../src/release/current.js';
import { DECISIONS, type Decision } from '../../src/release/decisions.js';
import { EFFECTS, type NewEvent, STAGE_NAMES } from '../../src/release/events.js';
import { REASON_CODES } from '../../src/release/reasons.js';
import { checkOf } from '../../src/report/check.js';
import { feedbackText } from '../../src/report/feedback.js';
import { pagesOf } from '../../src/report/pages.js';
import { MOST_RESULT_BYTES, resultOf } from '../../src/report/result.js';
import { summaryOf } from '../../src/report/summary.js';
import { narrate, terminalLines } from '../../src/report/terminal.js';
import { webhookBody } from '../../src/report/webhook.js';
import { hostile } from './hostile.js';
import { endOf, LINKS, Story } from './story.js';

const reason = fc.constantFrom(...REASON_CODES);
const weight = fc.integer({ min: 0, max: 100 });
const stage = fc.constantFrom(...STAGE_NAMES);
const effect = fc.constantFrom(...EFFECTS);
const verdict = fc.constantFrom('passed', 'failed', 'inconclusive', 'errored');
const number = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const texts = fc.array(hostile, { maxLength: 4 });
const kind = fc.constantFrom('errors', 'latency', 'gauge');
const importance = fc.constantFrom('critical', 'normal', 'advisory');
const log = fc.record({ logE: fc.option(fc.double({ noNaN: true })), logLimit: fc.option(number) });
const interval = fc.record({ low: fc.option(number), high: fc.option(number) });
const worseBy = fc.record({ absolute: fc.option(number), relative: fc.option(number) });
const arm = fc.record({
  samples: number,
  failed: fc.option(number),
  value: fc.option(number),
  interval: fc.option(interval),
});
const evidence = fc.record({
  kind,
  importance,
  says: fc.constantFrom('fail', 'pass', 'continue'),
  lack: fc.constant(null),
  lacks: fc.option(hostile),
  canary: arm,
  baseline: arm,
  effect: fc.record({
    scale: fc.constantFrom('difference', 'ratio'),
    value: fc.option(number),
    interval,
    margins: fc.option(fc.record({ failAbove: worseBy, passBelow: worseBy })),
    effectiveMargin: fc.option(number),
  }),
  weight: number,
  fail: log,
  pass: log,
  limit: fc.option(
    fc.record({ value: number, broken: fc.boolean(), kept: fc.boolean(), fail: fc.option(log) }),
  ),
  phi: number,
  twoIntervals: fc.boolean(),
  coverage: fc.constant({
    measuredMs: 0,
    missingMs: 0,
    canaryMissingMs: 0,
    until: null,
    problem: null,
  }),
  needed: fc.option(fc.record({ verdict: fc.constantFrom('fail', 'pass'), requests: number })),
});
const metric = fc.record({
  metric: hostile,
  kind,
  importance,
  quantile: fc.option(number),
  verdict,
  reason: hostile,
  samples: number,
  value: fc.option(number),
  limit: fc.option(fc.oneof(number, fc.constant(0.01))),
  baseline: fc.option(number),
  evidence,
});
const trailPoint = fc.record({
  at: fc.integer({ min: 1.7e12, max: 1.9e12 }),
  worse: fc.option(number),
  good: fc.dictionary(hostile, fc.option(number), { maxKeys: 3 }),
});

const counts = (...names: readonly string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, fc.nat()])));
const finding = fc.record({
  path: fc.option(hostile),
  line: fc.option(fc.nat()),
  level: fc.constantFrom('failure', 'warning', 'notice'),
  title: hostile,
  message: hostile,
});

/** Events in no sensible order: what a crash, a lost runner or a hand in the ledger could leave. */
const event = fc.oneof(
  fc.record({ type: fc.constant('stage-started'), stage }),
  fc.record({
    type: fc.constant('stage-ended'),
    stage,
    verdict: fc.oneof(verdict, fc.constant('skipped')),
    reason: fc.option(reason),
    summary: hostile,
    evidence: texts,
  }),
  fc.record({ type: fc.constant('intent'), effect, weight, timeout_ms: fc.nat() }),
  fc.record(
    {
      type: fc.constant('outcome'),
      effect,
      ok: fc.boolean(),
      weight,
      verified: fc.boolean(),
      note: hostile,
      duration_ms: number,
    },
    { requiredKeys: ['type', 'effect', 'ok', 'duration_ms'] },
  ),
  fc.record({
    type: fc.constant('judged'),
    stage: fc.constantFrom('canary', 'promote'),
    weight,
    verdict,
    reason: hostile,
    combined: log,
    metrics: fc.array(metric, { maxLength: 3 }),
    trail: fc.array(trailPoint, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant('verified'),
    suite: hostile,
    verdict,
    reason: fc.option(reason),
    summary: hostile,
    attempts: fc.nat(6),
    tests: fc.option(counts('tests', 'failures', 'errors', 'skipped', 'flaky', 'unlisted')),
    alerts: fc.option(counts('critical', 'high', 'medium', 'low', 'none', 'suppressed')),
    values: fc.dictionary(hostile, number, { maxKeys: 3 }),
    fingerprints: fc.option(fc.array(fc.string(), { maxLength: 2 })),
    findings: fc.array(finding, { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('read-back'), version: fc.option(hostile) }),
  fc.record({ type: fc.constant('failing'), reason, summary: hostile }),
  fc.record({
    type: fc.constant('rollback-commit'),
    url: fc.constant(null),
    result: fc.constantFrom('done', 'none'),
    commit: fc.option(fc.constant('c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00')),
    note: hostile,
    files: texts,
    commands: texts,
  }),
) as fc.Arbitrary<NewEvent>;

const story = fc
  .record({
    started: fc.record({
      version: hostile,
      previous: fc.option(fc.record({ version: hostile, sha: fc.constant(null) })),
      actor: hostile,
      reason: fc.option(hostile),
      overrides: texts,
      steps: fc.array(weight, { maxLength: 4 }),
      kind: fc.constantFrom('release' as const, 'rollback' as const),
      mends: fc.array(fc.string(), { maxLength: 2 }),
      irreversible: fc.constant(null),
    }),
    events: fc.array(event, { maxLength: 25 }),
    end: fc.option(fc.tuple(fc.constantFrom(...(Object.keys(DECISIONS) as Decision[])), reason, hostile)),
  })
  .map(({ started, events, end }) => {
    const told = new Story(started);
    for (const one of events) told.add(one);
    return end ? told.over(...end) : told;
  });

test('any sequence of events is told on every channel without a failure', () => {
  fc.assert(
    fc.property(story, texts, (told, notes) => {
      const { state } = told;
      const end = endOf(told, { notes, contacts: [{ name: notes[0] ?? 'x', url: notes[1] ?? 'y' }] });
      for (const one of told.events) expect(narrate(one)).not.toMatch(/[\r\n]/);
      expect(terminalLines(end).length).toBeGreaterThan(4);
      expect(JSON.parse(JSON.stringify(webhookBody(end)))).toHaveProperty('event', end.decision);
      expect(Buffer.byteLength(JSON.stringify(resultOf(end)))).toBeLessThanOrEqual(MOST_RESULT_BYTES);
      for (const name of STAGE_NAMES) expectSound(checkOf({ state, stage: name, links: LINKS }).summary);
      expectSound(summaryOf(end));
      expectSound(feedbackText(state, LINKS).body);
      const pages = pagesOf(state, emptyCurrent('shop', 'production'), LINKS);
      for (const [path, page] of Object.entries(pages)) if (path.endsWith('.md')) expectSound(page);
      expect(Object.values(pages).join()).not.toMatch(/\bNaN\b|undefined/);
    }),
    { numRuns: 60 },
  );
});

/** Tables keep their columns, fences are closed, and nothing outside of code is live. */
function expectSound(markdown: string): void {
  let open: string | null = null;
  let columns: number | null = null;
  for (const line of markdown.split('\n')) {
    const mark = /^(`{3,})[\w-]*$/.exec(line)?.[1] ?? null;
    if (open !== null) {
      if (line === open) open = null;
      continue;
    }
    open = mark;
    const cells = line.startsWith('|') ? line.split('|').length : null;
    if (cells !== null && columns !== null) expect(cells).toBe(columns);
    columns = cells;
    if (mark === null)
      expect(line.replace(/`[^`]*`/g, '')).not.toMatch(
        /@\w|<(?!\/?code>)|!\[(?!Weight and|How the evidence)/,
      );
  }
  expect(open).toBeNull();
}
