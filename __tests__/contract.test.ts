import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { generatedProblems } from '../script/generate.js';
import { INPUTS, OUTPUTS } from '../src/inputs.js';
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

  test('every reason code that the source uses is in the catalogue, and each has its page entry', () => {
    const page = readFileSync('docs/reason-codes.md', 'utf8');
    for (const code of REASON_CODES) expect(page).toContain(`| \`${code}\` |`);
  });
});
