import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { formatProblems } from '../../src/plan/format.js';
import { parsePlan } from '../../src/plan/parse.js';
import { environmentOf, planFiles } from './plan-files.js';

describe('a valid plan', () => {
  test.each(planFiles('valid'))('%s is read without a problem', (file, text) => {
    const outcome = parsePlan({ text, source: file, environment: environmentOf(text) });
    expect(outcome).not.toHaveProperty('problems');
    expect(outcome).toMatchObject({
      plan: { source: file, service: 'shop', environment: environmentOf(text) },
    });
  });
});

describe('an invalid plan', () => {
  test.each(planFiles('invalid'))('%s is refused in the words beside it', (file, text, directory) => {
    const outcome = parsePlan({ text, source: file, environment: environmentOf(text) });
    const said = 'problems' in outcome ? formatProblems(outcome.problems, file) : 'no problems';
    expect(`${said}\n`).toBe(readFileSync(new URL(file.replace(/yml$/, 'txt'), directory), 'utf8'));
  });

  test('has its words beside it, and no words stand alone', () => {
    const names = readdirSync(new URL('./files/invalid/', import.meta.url));
    const stems = (extension: string) =>
      names.filter((name) => name.endsWith(extension)).map((name) => name.slice(0, -4));
    expect(stems('.txt')).toEqual(stems('.yml'));
  });
});
