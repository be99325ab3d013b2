import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { classify, type KayentaConfig } from '../../bench/judge/peers/kayenta.js';
import { shiftOf, standardised } from '../../bench/judge/peers/mann-whitney.js';
import { normalQuantile } from '../../bench/judge/peers/normal.js';

/** Test data of spinnaker/kayenta (Apache-2.0); the files name the commit. */
function read(name: string) {
  return JSON.parse(readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8'));
}

interface ClassifierCase {
  readonly id: string;
  readonly classifier: string;
  readonly config: KayentaConfig;
  readonly control: readonly (number | null)[];
  readonly experiment: readonly (number | null)[];
  readonly expected: { readonly classification?: string; readonly critical?: boolean };
}

const classifier: readonly ClassifierCase[] = read('kayenta-classifier.json').cases;
const cases = classifier.filter(({ classifier: name }) => name === 'MannWhitneyClassifier');
const suite: { readonly cases: readonly Record<string, never>[] } = read('kayenta-mann-whitney.json');

describe('the peer decides as the original does', () => {
  test('34 of its cases are of this classifier', () => expect(cases).toHaveLength(34));

  test.each(cases)('$id', ({ config, control, experiment, expected }) => {
    const numbers = (values: readonly (number | null)[]) => values.map((value) => value ?? Number.NaN);
    const found = classify(numbers(experiment), numbers(control), config);
    if (expected.classification !== undefined) expect(found.classification).toBe(expected.classification);
    if (expected.critical !== undefined) expect(found.critical).toBe(expected.critical);
  });
});

describe('the peer computes as the original does', () => {
  // biome-ignore lint/suspicious/noExplicitAny: each kind of case has its own fields, and the file is fixed.
  test.each(suite.cases as readonly any[])('$id', (one) => {
    if (one.kind === 'normalQuantile') expect(normalQuantile(one.p)).toBeCloseTo(one.expected, 6);
    else if (one.kind === 'wilcoxonDiff') {
      for (const { mu, quantile, expected } of one.evaluations) {
        expect(standardised(sorted(one.x), sorted(one.y), mu) - quantile).toBeCloseTo(expected, 5);
      }
    } else {
      const [x, y] = [sorted(one.experiment ?? one.x), sorted(one.control ?? one.y)];
      const found = shiftOf(x, y, one.confidenceLevel);
      const { ciLow, ciHigh, estimate } = one.tightRoots;
      expect(found.low).toBeCloseTo(ciLow, 6);
      expect(found.high).toBeCloseTo(ciHigh, 6);
      expect(found.estimate).toBeCloseTo(estimate, 6);
    }
  });
});

function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}
