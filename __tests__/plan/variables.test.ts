import { describe, expect, test } from '@jest/globals';
import { parsePlan } from '../../src/plan/parse.js';
import { expand, variablesBack, variablesOf } from '../../src/plan/variables.js';

describe('expanding', () => {
  const env = { URL: 'https://shop.example', EMPTY: '', NESTED: '${URL}', MONEY: '$&$1' };

  test.each([
    ['${URL}/health', 'https://shop.example/health'],
    ['no variable', 'no variable'],
    ['$URL and $${', '$URL and $${'],
    ['${NESTED}', '${URL}'],
    ['${MONEY}', '$&$1'],
    ['${URL}${URL}', 'https://shop.examplehttps://shop.example'],
  ])('%s gives %s', (text, expected) => {
    expect(expand(text, env)).toEqual({ text: expected });
  });

  test('names each variable that is missing or empty, once', () => {
    expect(expand('${A}/${URL}/${EMPTY}/${A}', env)).toEqual({ missing: ['A', 'EMPTY'] });
  });

  test('does not take what every object has for a variable', () => {
    expect(expand('${constructor}${toString}', env)).toEqual({ missing: ['constructor', 'toString'] });
  });
});

test('the variables of a plan are those of all fields that read them, and none of its scripts; fewer are needed to go back', () => {
  const text = `
service: shop
notify:
  - {webhook: "\${A}", events: [promoted]}
  - {pagerduty: {key: "\${I}", url: "\${J}"}, events: [promoted]}
in-service: {url: "\${B}"}
ready: "\${C}/health"
backup: {store: {directory: "\${D}", same-machine: true}, sources: {s: {files: [x]}}}
canary: {ready: "\${E}", run: 'echo "\${SCRIPT}"'}
metrics:
  errors:
    kind: errors
    probe:
      canary: {url: "\${F}", headers: {X-A: "\${G} and \${A}"}}
      baseline: "\${H}"
    limit: 1%
promote: ./deploy.sh "\${SCRIPT}"
`;
  const outcome = parsePlan({ text, source: 'plan.yml', environment: 'production' });
  // A webhook, a metric or a suite must not keep a lost canary in its traffic.
  const back = (isRestoring: boolean) => 'plan' in outcome && variablesBack(outcome.plan, { isRestoring });
  expect([back(false), back(true)]).toEqual([['B'], ['B', 'D']]);
  expect('plan' in outcome && variablesOf(outcome.plan)).toEqual([
    'A',
    'B',
    'C',
    'D',
    'E',
    'F',
    'G',
    'H',
    'I',
    'J',
  ]);
});
