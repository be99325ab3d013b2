import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readInputs } from '../../src/inputs.js';
import { replay } from '../../src/judge/replay.js';
import { DEFAULT_FALSE_ALARM, DEFAULT_FALSE_PASS, DEFAULT_MINIMUM_SAMPLES } from '../../src/judge/rules.js';
import { leastRequests } from '../../src/plan/least-requests.js';
import { planFromInputs } from '../../src/plan/parse.js';
import { DEFAULTS } from '../../src/plan/schema/defaults.js';
import { parseSamples } from '../../src/release/samples.js';
import { RULES } from './worlds.js';

const page = readFileSync(new URL('../../docs/judge.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );

test('the step that replays is one that the inputs take', () => {
  const [step] = parse(blocks('yaml')[0] ?? '') as [{ with: Record<string, string> }];
  const env = Object.fromEntries(
    Object.entries(step.with).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  expect(readInputs({ ...env, INPUT_TOKEN: 't' })).toMatchObject({ inputs: { command: 'check' } });
});

test('the samples that the page shows can be replayed', () => {
  const rules = { metrics: RULES, falseAlarm: DEFAULT_FALSE_ALARM, falsePass: DEFAULT_FALSE_PASS };
  const [step] = replay(parseSamples(blocks('json')[0] ?? ''), () => rules);
  expect(step?.verdict.metrics.errors?.canary).toMatchObject({ samples: 300, failed: 2 });
  expect(step?.verdict.metrics.latency?.canary).toMatchObject({ samples: 2 });
});

test('the plan has the defaults of the judge', () => {
  expect(DEFAULTS.falseAlarm).toBe(DEFAULT_FALSE_ALARM);
  expect(DEFAULTS.minimumSamples).toEqual(DEFAULT_MINIMUM_SAMPLES);
});

test('the least numbers of requests are those that the page names', () => {
  const asked = {
    service: 's',
    environment: 'e',
    promote: 'x',
    canaryUrl: 'http://c',
    baselineUrl: 'http://b',
  };
  const outcome = planFromInputs(asked);
  const errors = 'plan' in outcome ? outcome.plan.metrics.find(({ name }) => name === 'errors') : undefined;
  if (!errors) throw new Error('the inputs give an `errors` metric');
  const least = (absolute: number) => leastRequests({ ...errors, worseBy: { absolute, relative: null } });
  expect([least(0.005), least(0.01), least(0.02)].map((count) => Math.round(count / 50) * 50)).toEqual([
    600, 300, 150,
  ]);
  expect(page).toContain('about 600 requests to each version, `1pp` before 300, `2pp` before 150');
});
