import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { planSchema, schemaKeys } from '../../src/plan/schema/json-schema.js';
import { describeKey, KEYS } from '../../src/plan/schema/keys.js';
import { planFiles } from './plan-files.js';

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictTypes: false });
const accepts = ajv.compile(planSchema());

test('the committed JSON Schema is the one that the code gives', () => {
  const committed = readFileSync(new URL('../../schema/gated-release.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(committed)).toEqual(planSchema());
});

test.each(planFiles('valid'))('the JSON Schema accepts %s', (_, text) => {
  accepts(parse(text));
  expect(accepts.errors ?? []).toEqual([]);
});

test.each([
  ['an unknown key', { promote: 'x', promot: 'y' }],
  ['an unknown key in a section', { environments: { production: { promot: 'y' } } }],
  ['a section in a section', { environments: { production: { environments: {} } } }],
  ['null outside of sections', { promote: null }],
  ['a duration without a unit', { watch: { for: 10 } }],
  [
    'a quantile of errors',
    { metrics: { e: { kind: 'errors', probe: { canary: 'http://x' }, limit: '1%', quantile: 'p95' } } },
  ],
  ['a name with capitals', { verify: { Unit: 'npm test' } }],
  ['no list', { paths: 'shop/**' }],
])('the JSON Schema refuses %s', (_, plan) => {
  expect(accepts(plan)).toBe(false);
});

test('the JSON Schema accepts null and parts of a mapping in a section', () => {
  const plan = {
    environments: {
      production: null,
      staging: { canary: null, promote: { timeout: '5m' }, verify: { a: null } },
    },
  };
  accepts(plan);
  expect(accepts.errors ?? []).toEqual([]);
});

test('each key of the schema is described, and no other', () => {
  const keys = schemaKeys();
  expect(keys.filter((key) => describeKey(key) === null)).toEqual([]);
  expect(KEYS.map(({ key }) => key).filter((key) => !keys.includes(key))).toEqual([]);
});
