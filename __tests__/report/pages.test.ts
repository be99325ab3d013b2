import { describe, expect, test } from '@jest/globals';
import { type Current, emptyCurrent } from '../../src/release/current.js';
import type { Decision } from '../../src/release/decisions.js';
import { doraKeys } from '../../src/report/dora.js';
import { pagesOf } from '../../src/report/pages.js';
import { errors, LINKS, promoted, RELEASE, rolledBack, SHA, Story } from './story.js';

const EMPTY = emptyCurrent('shop', 'production');

function recent(decision: Decision, day: number, minutes: number): Current['recent'][number] {
  const started = Date.parse('2026-11-01T10:00:00Z') + day * 86_400_000;
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    release: `2026110${day}-100000-a1b2c3d-000${day}`,
    version: `1.${day}.0`,
    sha: SHA,
    decision,
    started: iso(started),
    ended: iso(started + minutes * 60_000),
  };
}

describe('files', () => {
  test('a canary leaves a report, its charts and the front page', () => {
    const pages = pagesOf(rolledBack().state, EMPTY, LINKS);
    expect(Object.keys(pages).toSorted()).toEqual([
      `${RELEASE}/evidence.svg`,
      `${RELEASE}/report.md`,
      `${RELEASE}/weight.svg`,
      'README.md',
    ]);
    expect(pages[`${RELEASE}/report.md`]).toContain('](weight.svg)');
  });

  test('without a moved weight there is no chart and no link to one', () => {
    const pages = pagesOf(
      new Story().does('promote').over('promoted', 'all-gates-passed', 'x').state,
      EMPTY,
      LINKS,
    );
    expect(Object.keys(pages).toSorted()).toEqual([`${RELEASE}/report.md`, 'README.md']);
    expect(pages[`${RELEASE}/report.md`]).not.toContain('weight.svg');
  });
});

describe('the report', () => {
  const report = (story: Story) => pagesOf(story.state, EMPTY, LINKS)[`${RELEASE}/report.md`] ?? '';

  test('begins with the decision', () => {
    expect(report(rolledBack()).split('\n')[0]).toBe('# ROLLED BACK: `shop` `1.2.0` in `production`');
    expect(report(new Story().begins('verify')).split('\n')[0]).toMatch(/^# IN PROGRESS/);
  });

  test('has a timeline in the order of time', () => {
    const times = report(promoted())
      .split('### What happened')[1]
      ?.split('###')[0]
      ?.match(/^\| \d\d:\d\d:\d\d/gm);
    expect(times?.length).toBeGreaterThan(15);
    expect(times).toEqual(times?.toSorted());
  });

  test('tells the measurement before the verdict that came of it, within one millisecond', () => {
    const story = new Story()
      .begins('canary')
      .judges(5, [errors(0.075)])
      .ends('canary', 'failed', { reason: 'metric-failed' });
    expect(report(story)).toMatch(/Canary judged at 5 %: failed.*Stage `canary`: failed/s);
  });

  test('shows the evidence of every stage, also of those that passed', () => {
    expect(report(promoted())).toContain('- `functional` succeeded after 61.2 s');
  });

  test('a stage that was under way when the release ended is not called running', () => {
    const story = new Story().begins('verify').over('blocked', 'cancelled', 'the run was cancelled');
    expect(report(story)).toContain('### Stage verify: errored');
  });
});

describe('the front page', () => {
  const front = (story: Story, current: Current) => pagesOf(story.state, current, LINKS)['README.md'] ?? '';

  test('says not to edit, what is in service and what is in flight', () => {
    const page = front(new Story(), { ...EMPTY, release: RELEASE });
    expect(page).toContain('do not edit');
    expect(page).toContain(`- **In flight:** \`${RELEASE}\``);
    expect(page).toContain('- **Last promoted:** nothing yet');
    expect(page).toContain('This release changed nothing so far.');
  });

  test('lists the latest releases, newest first, with links to their reports', () => {
    const page = front(rolledBack(), {
      ...EMPTY,
      recent: [recent('rolled-back', 2, 9), recent('promoted', 1, 30)],
    });
    expect(page.indexOf('1.2.0')).toBeLessThan(page.indexOf('1.1.0` |'));
    expect(page).toContain('[20261102-100000-a1b2c3d-0002](20261102-100000-a1b2c3d-0002/report.md)');
  });

  test('a page made on behalf of an older release does not speak for the service', () => {
    const later = { ...recent('promoted', 1, 3), started: '2026-12-01T00:00:00.000Z' };
    expect(front(rolledBack(), { ...EMPTY, recent: [later] })).not.toContain('**In service:**');
  });

  test('a release id that is none becomes no link', () => {
    const evil = { ...recent('promoted', 1, 3), release: '../../x](http://y' };
    expect(front(new Story(), { ...EMPTY, recent: [evil] })).not.toContain('](../../x');
  });
});

describe('the delivery keys', () => {
  const key = (name: string, list: readonly Current['recent'][number][]) =>
    doraKeys(list).find((one) => one.name === name);

  test('nothing is claimed of nothing', () => {
    expect(doraKeys([]).map((one) => one.value)).toEqual([
      'not enough releases yet',
      'no releases yet',
      'nothing to restore yet',
      'not recorded yet',
    ]);
  });

  test('the frequency counts intervals between promoted releases', () => {
    const list = [recent('promoted', 8, 10), recent('blocked', 5, 1), recent('promoted', 1, 10)];
    expect(key('Deployment frequency', list)?.value).toBe('1 a week');
  });

  test('a blocked release is no failed change', () => {
    const list = [
      recent('promoted', 3, 1),
      recent('rolled-back', 2, 1),
      recent('blocked', 1, 1),
      recent('promoted', 1, 1),
    ];
    expect(key('Change failure rate', list)).toMatchObject({
      value: '33.3 %',
      how: expect.stringContaining('n = 3'),
    });
  });

  test('the time to restore is the median, and a rollback that failed restored nothing', () => {
    const list = [
      recent('rolled-back', 4, 10),
      recent('rolled-back', 3, 20),
      recent('rolled-back', 2, 90),
      recent('rollback-failed', 1, 1),
    ];
    const restore = key('Time to restore', list);
    expect(restore?.value).toBe('20 min');
    expect(restore?.how).toContain('n = 3. 1 whose rollback failed left out');
    expect(key('Time to restore', list.slice(0, 2))?.value).toBe('15 min');
  });
});
