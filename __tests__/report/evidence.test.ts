import { describe, expect, test } from '@jest/globals';
import { evidenceChart } from '../../src/report/evidence-chart.js';
import { evidenceOf } from '../../src/report/evidence-table.js';
import { compared, errors, latency, promoted, rolledBack, Story } from './story.js';

describe('the table of evidence', () => {
  const judged = new Story()
    .moves(10)
    .judges(10, [compared(errors(0.0012)), latency(310), { ...latency(290), importance: 'advisory' }]);

  test('has both arms, the change and what it takes, for each metric', () => {
    const text = evidenceOf(judged.state, 'canary');
    const [, row = ''] = text.split('\n').filter((line) => line.startsWith('| errors'));
    expect(text).toContain('All comparisons together: 1.11 of 99.5 that fail it.');
    expect(`${row}${text}`).toContain(
      '| errors | Passed | 0.12 % (14 of 12,041) | 0.12 % (12,000 requests) | +0 pp (−0.1 pp … +0.35 pp) | +0.5 pp | 0.67 of 200 | **30 of 20.1** | – |',
    );
  });

  test('says what is judged alone, and what is only shown', () => {
    const text = evidenceOf(judged.state, 'canary');
    expect(text).toContain('| latency | **Failed** | 310 ms (12,041 requests) | 181 ms');
    expect(text).toContain('| limit 300 ms | limit 0.368 of 200 |');
    expect(text).toContain('| latency (advisory) |');
  });

  test('says how much more would decide, while nothing has', () => {
    const open = { ...compared(errors(0.0012)), verdict: 'inconclusive' as const };
    expect(evidenceOf(new Story().judges(5, [open]).state, 'canary')).toContain('pass with 1,200 more');
  });

  test('is empty where nothing was judged', () => {
    expect(evidenceOf(new Story().moves(5).state, 'canary')).toBe('');
    expect(evidenceOf(judged.state, 'promote')).toBe('');
  });
});

describe('the picture of the evidence', () => {
  test('shows what speaks for and against, with the line that decides, and where the weight was moved', () => {
    const svg = evidenceChart(rolledBack().state) ?? '';
    for (const text of [
      'Evidence on shop 1.2.0 in production',
      'Evidence that it is worse, as a part of what fails it',
      'Evidence that it is good enough, as a part of what each metric needs',
      '1.20',
      '25 %',
      'time, UTC',
    ]) {
      expect(svg).toContain(text);
    }
    expect(svg).toMatch(
      /<desc id="about">At the end, as parts of what decides: worse 1.20; good enough: errors 1.10/,
    );
  });

  test('is the same for the same release, reaches for nothing outside and holds only numbers', () => {
    const svg = evidenceChart(promoted().state) ?? '';
    expect(evidenceChart(promoted().state)).toBe(svg);
    expect(svg.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /<script|http|url\(|NaN|Infinity|undefined/,
    );
  });

  test('is not drawn when nothing was judged', () => {
    expect(evidenceChart(new Story().moves(5).state)).toBeNull();
  });
});
