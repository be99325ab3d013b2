import { expect, test } from '@jest/globals';
import { retry } from '../../src/judge/trial.js';
import type { MetricVerdict } from '../../src/judge/verdict.js';
import { parseSamples } from '../../src/release/samples.js';
import { expectDecision } from './claims.js';
import { checkText } from './expect-end.js';
import { play } from './play.js';
import { promotedBefore } from './promoted-before.js';
import { PROBE, quickCanary, quickPlan } from './quick-plan.js';
import type { Scenario } from './scenario.js';

const both = { ...PROBE, baseline: '${SERVICE_URL}/stable/' };

/** Compares the canary with the version in service; `margin` is how much worse it may be. */
function comparing(margin: string): string {
  return quickPlan({
    metrics: {
      errors: { kind: 'errors', probe: both, 'worse-by': margin, importance: 'critical' },
      time: { kind: 'latency', probe: both, 'worse-by': '900%', importance: 'advisory' },
    },
    canary: quickCanary({ steps: [{ weight: 10, for: '20s' }] }),
  });
}

interface Judged {
  readonly type: string;
  readonly metrics: readonly MetricVerdict[];
}

async function judgedOf(scenario: Scenario, release: string): Promise<readonly Judged[]> {
  const events = (await scenario.events(release)) as unknown as readonly Judged[];
  return events.filter(({ type }) => type === 'judged');
}

test.concurrent(
  'a canary that is worse than the version beside it is taken back; from the ledger anybody finds the same, and other margins can be tried',
  play({ plan: comparing('5pp') }, async (scenario) => {
    scenario.service.behaviour('1.1', { failEvery: 1 });
    const done = await scenario.release({ version: '1.1' });
    expectDecision(scenario, done, {
      decision: 'rolled-back',
      reason: 'metric-failed',
      says: [/errors: [\d.]+ % of [\d,]+ requests failed \(mostly status 500\); the baseline 0 %/],
    });
    for (const text of [done.summary, checkText(scenario, done.sha, 'canary')]) {
      expect(text).toContain('The canary is worse than the baseline by more than the margin: errors.');
      expect(text).toMatch(
        /\| errors \(critical\) \| \*\*Failed\*\* \| [\d.]+ % \(\d+ of \d+\) \| 0 % \(0 of \d+\)/,
      );
      expect(text).toMatch(/\| time \(advisory\) \| \**\w+/);
    }

    const release = done.outputs['release-id'] ?? '';
    const samples = (await scenario.ledger(`${release}/samples.jsonl`)) ?? '';
    const found = retry(parseSamples(samples));
    const judged = await judgedOf(scenario, release);
    expect(judged.length).toBeGreaterThan(0);
    expect(found.map(({ found: { metrics } }) => JSON.stringify(Object.values(metrics)))).toEqual(
      judged.map(({ metrics }) => JSON.stringify(metrics.map(({ evidence }) => evidence))),
    );

    const odd = `${samples}\n{"type":"sample"}\n`;
    const files = { 'lenient.yml': comparing('99pp'), 'past.jsonl': samples, 'odd.jsonl': odd };
    await scenario.commit(files, 'Try other margins');
    const asked = { command: 'check', replay: 'past.jsonl' };
    const strict = await scenario.release({ with: asked });
    expectDecision(scenario, strict, {
      decision: 'passed',
      reason: 'replayed',
      says: [/past\.jsonl would have failed at Canary at 10 %, after \d+/],
    });
    const lenient = await scenario.release({ with: { ...asked, plan: 'lenient.yml' } });
    expect(lenient.result).toMatchObject({ decision: 'passed', replay: [{ stage: 'canary', weight: 10 }] });
    expect(lenient.result).not.toMatchObject({ replay: [{ verdict: 'failed' }] });
    const wrong = await scenario.release({ with: { ...asked, replay: 'odd.jsonl' } });
    expectDecision(scenario, wrong, {
      decision: 'blocked',
      reason: 'input-invalid',
      says: [/odd\.jsonl: line \d+ is no line of samples: type/],
    });
    expect(scenario.service.calls().filter((call) => call.startsWith('canary'))).toEqual(['canary 1.1']);
  }),
);

test.concurrent(
  'a service without a canary is compared with what it was just before the promotion, and said to be',
  play(
    {
      plan: quickPlan({
        canary: null,
        metrics: {
          errors: {
            kind: 'errors',
            probe: { ...PROBE, canary: '${SERVICE_URL}/stable/' },
            'worse-by': '5pp',
            'minimum-samples': 40,
          },
        },
        watch: { for: '6s' },
      }),
    },
    async (scenario) => {
      await promotedBefore(scenario);
      const good = await scenario.release({ version: '1.2' });
      expectDecision(scenario, good, { decision: 'promoted', reason: 'all-gates-passed' });
      expect(checkText(scenario, good.sha, 'promote')).toContain('weaker than two versions side by side');

      scenario.service.behaviour('1.3', { failEvery: 2 });
      const bad = await scenario.release({ version: '1.3' });
      expectDecision(scenario, bad, { decision: 'rolled-back', reason: 'metric-failed' });
      expect(scenario.service.stable()).toBe('1.2');
    },
  ),
);
