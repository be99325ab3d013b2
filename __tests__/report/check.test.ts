import { describe, expect, test } from '@jest/globals';
import { STAGE_NAMES, type StageName } from '../../src/release/events.js';
import { REASONS } from '../../src/release/reasons.js';
import { checkOf } from '../../src/report/check.js';
import { errors, LINKS, promoted, rollbackFailed, rolledBack, Story } from './story.js';

const check = (story: Story, stage: StageName) => checkOf({ state: story.state, stage, links: LINKS });

describe('titles', () => {
  test.each([
    [
      'a metric that failed',
      rolledBack(),
      'canary',
      'Failed: at 25 %, errors 5.12 % of 12,041 requests, limit 1 %',
    ],
    [
      'a canary that passed',
      promoted(),
      'canary',
      'Passed: healthy at 5 %, 25 %, 50 %; latency 233 ms over 12,041 requests, limit 300 ms',
    ],
    ['a promotion', promoted(), 'promote', 'Passed: 1.2.0 is in service, read back'],
    ['a stage that has not begun', new Story(), 'verify', 'Not run: Not begun.'],
    ['a stage under way', new Story().begins('verify'), 'verify', 'Running'],
    [
      'a script that failed in the canary',
      new Story()
        .begins('canary')
        .judges(5, [errors(0.001)])
        .ends('canary', 'failed', { reason: 'traffic-failed', summary: 'traffic could not be set to 25 %' }),
      'canary',
      'Failed: traffic could not be set to 25 %',
    ],
  ] as const)('%s', (_, story, stage, title) => {
    expect(check(story, stage).title).toBe(title);
  });

  test('are one line of at most 140 characters', () => {
    const story = new Story().begins('verify').ends('verify', 'failed', { summary: 'line\n'.repeat(200) });
    expect(check(story, 'verify').title).toMatch(/^.{1,140}$/);
  });
});

test('a title that is too long ends with its last whole sentence', () => {
  const caveat = `It holds 1.2 and no more. ${'A caveat that goes on. '.repeat(2)}More${' and more'.repeat(20)}`;
  const title = check(new Story().passes('backup', 3, `Found identical. ${caveat}`), 'backup').title;
  expect(title).toBe(
    'Passed: Found identical. It holds 1.2 and no more. A caveat that goes on. A caveat that goes on.',
  );
});

describe('summaries', () => {
  test('a stage that did not pass says what to do', () => {
    const { summary } = check(rolledBack(), 'canary');
    expect(summary).toContain(`**What to do** (\`metric-failed\`): ${REASONS['metric-failed'].remedy}`);
  });

  test('a stage that passed names the next one', () => {
    expect(check(new Story().passes('verify', 3), 'verify').summary).toContain(
      '**Next:** The stage `backup`.',
    );
    expect(check(new Story().passes('promote', 3), 'promote').summary).toContain('The release is complete.');
  });

  test('a failure before any effect stops, one after it goes back', () => {
    const before = new Story().begins('verify').ends('verify', 'failed', { reason: 'verify-failed' });
    const after = new Story().begins('canary').does('canary', { ok: false }).ends('canary', 'failed');
    expect(check(before, 'verify').summary).toContain('The release stops here. Nothing was moved.');
    expect(check(after, 'canary').summary).toContain('The release goes back');
  });

  test('the canary has its steps, also those never reached, and the weights', () => {
    const { summary } = check(rolledBack(), 'canary');
    expect(summary).toContain('| 25 % | **Failed** | errors | 5.12 % | 1 % | 0.12 % | 12,041 | 10:16:05 |');
    expect(summary).toContain('| 50 % | Not reached |');
    expect(summary).toContain('| 10:16:10 | 0 % | read back |');
  });

  test('a weight without a judgement is not shown as a pass', () => {
    expect(check(new Story().moves(5, { verified: false }), 'canary').summary).toContain(
      '| 5 % | Not judged |',
    );
  });

  test('a rollback tells each step in its order, with what is verified', () => {
    const { summary } = check(rolledBack(), 'rollback');
    const order = [
      'Traffic:',
      'Rollback script:',
      'Canary removed:',
      'Rollback commit:',
      'Version in service:',
    ];
    const places = order.map((step) => summary.indexOf(step));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(summary).toContain('[c0ffee0](https://github.com/acme/shop/commit/c0ffee00');
  });

  test('a rollback that failed leaves the commands and never says done where it was not', () => {
    const { summary } = check(rollbackFailed(), 'rollback');
    expect(summary).toContain('**Rollback script:** FAILED');
    expect(summary).toContain('```bash\ngit fetch origin main\n');
    expect(summary).toContain('not read back, so unverified');
  });
});

test('the text holds the last lines of a script in a fence that they cannot close', () => {
  const evidence = ['The last lines of `verify`:', '````text', '``` @alice', '````'];
  const story = new Story().begins('verify').ends('verify', 'failed', { reason: 'verify-failed', evidence });
  expect(check(story, 'verify').text).toBe('- The last lines of `verify`:\n\n````text\n``` @alice\n````');
});

test('without evidence there is no text', () => {
  for (const stage of STAGE_NAMES) expect(check(new Story(), stage)).not.toHaveProperty('text');
});
