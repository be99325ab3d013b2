import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { generatedProblems } from '../script/generate.js';
import { INPUTS, OUTPUTS, readInputs } from '../src/inputs.js';
import { planFromInputs } from '../src/plan/parse.js';
import { DECISIONS } from '../src/release/decisions.js';
import { REASON_CODES } from '../src/release/reasons.js';

interface ActionFile {
  readonly inputs: Record<string, { description: string; default?: string }>;
  readonly outputs: Record<string, { description: string }>;
  readonly runs: Record<string, string>;
}

describe('the contract is one thing in all the places that state it', () => {
  const action = parse(readFileSync('action.yml', 'utf8')) as ActionFile;
  const readme = readFileSync('README.md', 'utf8');

  test('action.yml has the typed inputs and outputs, no more and no fewer, with the same words', () => {
    const inputs = Object.fromEntries(
      INPUTS.map((input) => [input.name, [input.description, 'default' in input ? input.default : '']]),
    );
    const found = Object.entries(action.inputs).map(([name, { description, default: value }]) => [
      name,
      [description, value ?? ''],
    ]);
    expect(Object.fromEntries(found)).toEqual(inputs);
    expect(Object.entries(action.outputs).map(([name, { description }]) => ({ name, description }))).toEqual(
      OUTPUTS,
    );
    expect(action.runs).toEqual({
      using: 'node24',
      main: 'dist/index.js',
      post: 'dist/index.js',
      'post-if': 'always()',
    });
  });

  test('the README’s tables and docs/reason-codes.md are what the lists make', () => {
    expect(generatedProblems(process.cwd())).toEqual([]);
  });

  test('the README names every input, output and decision', () => {
    const names = [...INPUTS, ...OUTPUTS].map((one) => one.name);
    for (const name of [...names, ...Object.keys(DECISIONS)]) expect(readme).toContain(`| \`${name}\` |`);
  });

  test('every step of this action that the README shows gives inputs that exist, and makes a plan', () => {
    const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, text = '']) => parse(text) as unknown,
    );
    const steps = blocks.flatMap(inputsShown);
    expect(steps.length).toBeGreaterThanOrEqual(2);
    for (const shown of steps) {
      const env = Object.fromEntries(
        Object.entries(shown).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, asDispatched(value)]),
      );
      const read = readInputs({ ...env, INPUT_TOKEN: 'token' });
      expect('problems' in read ? read.problems : []).toEqual([]);
      expect(Object.keys(shown).filter((name) => !INPUTS.some((input) => input.name === name))).toEqual([]);
      if (!('inputs' in read) || read.inputs.command !== 'release') continue;
      const outcome = planFromInputs(read.inputs, { defaultService: 'shop' });
      expect('problems' in outcome ? outcome.problems : []).toEqual([]);
    }
  });

  test('every reason code that the source uses is in the catalogue, and each has its page entry', () => {
    const page = readFileSync('docs/reason-codes.md', 'utf8');
    for (const code of REASON_CODES) expect(page).toContain(`| \`${code}\` |`);
  });
});

/** As a person dispatches it who fills in what is required and nothing else. */
function asDispatched(value: string): string {
  return value.replace(/^\$\{\{ inputs\.reason \}\}$/, 'Customers complain').replace(/^\$\{\{.*\}\}$/, '');
}

/** The `with` of each step, wherever it stands in a block; a block may be a step's `with` alone. */
function inputsShown(value: unknown): Record<string, string>[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Object.hasOwn(value, 'with') ? [(value as { with: Record<string, string> }).with] : [];
  return [...own, ...Object.values(value).flatMap(inputsShown)];
}
