import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fixture, makeWorkspace, report, type Workspace } from './world.js';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await makeWorkspace();
});

afterAll(() => workspace.remove());

const read = async (text: string, ...paths: readonly string[]) =>
  (await workspace.facts(report(...paths), { 'bench.json': text })).values;
const refuse = (text: string, ...paths: readonly string[]) =>
  workspace.problem(report(...paths), { 'bench.json': text });

test.each([
  ['k6.json', { 'metrics.http_req_duration.p(95)': 0.9891631999999991, 'metrics["http_reqs"].count': 4194 }],
  ['autocannon.json', { 'latency.p97_5': 1, non2xx: 0 }],
  ['hyperfine.json', { 'results[0].mean': 0.011767235, 'results.1.max': 0.021930856000000002 }],
])('values of %s are found by their paths', async (name, values) => {
  expect(await read(await fixture(name), ...Object.keys(values))).toEqual(values);
});

test('a key with dots is quoted, a number may be of any form, a mark at the start does no harm', async () => {
  const text = '\ufeff{"a.b": {"c\\"d": -1.5e-3}, "0": {"x": 7}}';
  expect(await read(text, '["a.b"]["c\\"d"]', '0.x', '[0].x')).toEqual({
    '["a.b"]["c\\"d"]': -0.0015,
    '0.x': 7,
    '[0].x': 7,
  });
});

test.each([
  [
    'the path leads nowhere',
    '{"latency": {"p50": 1, "p99": 2}}',
    /holds nothing, .*; there are the keys p50, p99$/,
  ],
  ['the path leads through a number', '{"latency": 3}', /holds nothing, .*; there are the keys latency$/],
  [
    'text stands where a number belongs',
    '{"latency": {"p95": "300"}}',
    /holds the text "300", and a number is needed/,
  ],
  ['nothing is written there', '{"latency": {"p95": null}}', /holds null/],
  ['a number is too large to be one', '{"latency": {"p95": 1e999}}', /holds a number too large/],
  ['NaN is written, which is no JSON', '{"latency":\n {"p95": NaN}}', /is not JSON/],
  ['the file was cut off', '{"latency": {"p95": 3', /is not JSON/],
  ['the file is empty', ' \n', /is empty/],
  ['the key is one that every object has', '{"latency": {}}', /holds nothing/, 'latency.constructor'],
] as const)('it is refused when %s', async (_, text, says, path: string = 'latency.p95') => {
  const said = await refuse(text, path);
  expect(said).toMatch(/^evidence-invalid: "bench\.json"/);
  expect(said).toMatch(says);
});

test('a pattern that matches two files names none', async () => {
  const two = { ...report('a'), files: ['two/*.json'] };
  expect(await workspace.problem(two, { 'two/a.json': '{}', 'two/b.json': '{}' })).toMatch(
    /^evidence-invalid: a report is one file, and 2 match: "two\/a\.json", "two\/b\.json"/,
  );
});
