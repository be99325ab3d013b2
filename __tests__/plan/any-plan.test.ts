import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { formatProblem } from '../../src/plan/format.js';
import { parsePlan } from '../../src/plan/parse.js';
import { isTree } from '../../src/plan/path.js';
import { environmentOf, planFiles } from './plan-files.js';

/** Sentences that only the libraries would write, or that come from a value that is not there. */
const FOREIGN =
  /Invalid|expected (string|object|number|array|record)|Unrecognized|Too (small|big)|\bundefined\b|\[object|NaN/;

const wrong = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1.5,
    '',
    ' ',
    '10',
    '${X}',
    '${',
    'x: y',
    'ä/../b',
    '0',
    '1%',
    '10m',
    'a\nb',
  ),
  fc.constantFrom([], {}, [null], [[]], { run: null }, { url: 5 }, { x: { y: [] } }, ['a', 5]),
  fc.jsonValue({ maxDepth: 3 }),
);

const originals = planFiles('valid').map(([, text]) => ({
  tree: parse(text) as unknown,
  environment: environmentOf(text),
}));

/** A valid plan with one place in it changed to something else, or a key added. */
const damaged = fc
  .tuple(
    fc.constantFrom(...originals),
    fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
    wrong,
    fc.boolean(),
  )
  .map(([{ tree, environment }, route, value, adds]) => ({
    tree: damage(tree, { route, value, adds }),
    environment,
  }));

test('any damage to a plan is read or refused in our own words, with a rule and a remedy', () => {
  fc.assert(
    fc.property(damaged, ({ tree, environment }) => {
      const outcome = parsePlan({
        text: stringify(tree),
        source: 'plan.yml',
        environment,
        defaultService: 'shop',
      });
      if ('plan' in outcome) return;
      expect(outcome.problems.length).toBeGreaterThan(0);
      for (const problem of outcome.problems) {
        expect(problem.rule).not.toBe('');
        expect(problem.remedy).toMatch(/\.$|\?$/);
        expect(problem.path === 'input environment' || (problem.line ?? 0) > 0).toBe(true);
        expect(problem.found?.length ?? 0).toBeLessThanOrEqual(80);
        expect(formatProblem({ ...problem, found: '' })).not.toMatch(FOREIGN);
      }
    }),
    { numRuns: 300 },
  );
});

test('any text is read or refused, never thrown at', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[a-z:{}[\]&*!|>'"%@\n #-]{0,60}$/),
  );
  fc.assert(
    fc.property(text, (written) => {
      const outcome = parsePlan({ text: written, source: 'plan.yml', environment: 'production' });
      if ('problems' in outcome) expect(outcome.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});

function damage(value: unknown, change: { route: number[]; value: unknown; adds: boolean }): unknown {
  const [turn, ...rest] = change.route;
  const keys = Array.isArray(value) ? [...value.keys()].map(String) : isTree(value) ? Object.keys(value) : [];
  const key = turn === undefined ? undefined : keys[turn % keys.length];
  if (key === undefined)
    return change.adds && isTree(value) ? { ...value, added: change.value } : change.value;
  const below = Array.isArray(value) ? value[Number(key)] : isTree(value) ? value[key] : undefined;
  const changed = damage(below, { ...change, route: rest });
  if (Array.isArray(value)) return value.map((each, index) => (index === Number(key) ? changed : each));
  return { ...(isTree(value) ? value : {}), [key]: changed };
}
