import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EVENTS } from '../../src/plan/schema/people.js';
import { DECISIONS, type Decision } from '../../src/release/decisions.js';
import { REASON_CODES } from '../../src/release/reasons.js';
import type { ReleaseEnd } from '../../src/report/end.js';
import { notificationOf } from '../../src/report/notifications.js';
import { webhookBody } from '../../src/report/webhook.js';
import { hostile } from './hostile.js';
import { earlyEnd, endOf, LINKS, promoted, RELEASE, rollbackFailed, rolledBack, SHA } from './story.js';

interface SlackBody {
  readonly text: string;
  readonly blocks: readonly { readonly type: string; readonly text?: Text; readonly fields?: Text[] }[];
}
interface Text {
  readonly type: string;
  readonly text: string;
}
interface TeamsBody {
  readonly attachments: readonly {
    readonly content: {
      readonly body: readonly { readonly type: string; readonly text?: string; readonly facts?: Fact[] }[];
    };
  }[];
}
interface Fact {
  readonly title: string;
  readonly value: string;
}
interface Event {
  readonly event_action: string;
  readonly dedup_key: string;
  readonly payload?: {
    readonly summary: string;
    readonly severity: string;
    readonly custom_details: Readonly<Record<string, string>>;
  };
}

const slack = (end: ReleaseEnd) => notificationOf('slack', end) as SlackBody;
const teams = (end: ReleaseEnd) => notificationOf('teams', end) as TeamsBody;
const pagerduty = (end: ReleaseEnd) => notificationOf('pagerduty', end) as Event | null;

const CONTACTS = [{ name: 'On call', role: 'operations', github: '@acme/sre', url: 'tel:+4930' }];
const failed = endOf(rollbackFailed(), { contacts: CONTACTS });

test('a webhook gets the result as before', () => {
  expect(notificationOf('webhook', failed)).toEqual(webhookBody(failed));
});

describe('Slack', () => {
  test('is told what serves, where traffic is, why, whom to ask, what to do and where to read on', () => {
    const { text, blocks } = slack(failed);
    expect(text).toMatch(
      /^ROLLBACK FAILED, A PERSON IS NEEDED NOW: shop 1\.2\.0 in production: the release could/,
    );
    expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'section', 'section', 'context']);
    expect(blocks[2]?.fields?.filter((_, index) => index % 2 === 0).map(({ text }) => text)).toEqual(
      ['In service', 'Traffic', 'Reason', 'Commit', 'Ask'].map((name) => `*${name}*`),
    );
    expect(JSON.stringify(blocks[2])).toContain('On call (operations) @acme/sre tel:+4930');
    expect(blocks[3]?.text?.text).toMatch(/^What to do: Bring the old version back by hand now/);
    expect(blocks[4]).toEqual({
      type: 'context',
      elements: [
        {
          type: 'mrkdwn',
          verbatim: true,
          text: `<${LINKS.run}|Run> · <${LINKS.report}|Report> · <${LINKS.ledger}|Ledger>`,
        },
      ],
    });
  });

  test('reads no mention and no link into what others wrote', () => {
    const { text, blocks } = slack({ ...failed, summary: 'a & <!channel> <https://evil.example|here>' });
    const safe = 'a &amp; &lt;!channel&gt; &lt;https://evil.example|here&gt;';
    expect(text).toContain(safe);
    expect(blocks[1]?.text).toEqual({ type: 'plain_text', text: safe, emoji: false });
  });

  test('a long text full of characters to escape is cut between its entities', () => {
    const text = slack({ ...failed, summary: '&'.repeat(5000) }).blocks[1]?.text?.text ?? '';
    expect(text.length).toBeLessThanOrEqual(3000);
    expect(text).toMatch(/^(&amp;)+…$/);
  });

  test('an address cannot end its own link early', () => {
    const links = { ...LINKS, run: 'https://github.com/a?x=1&y=|<b>', ledger: null, report: 'no address' };
    const context = JSON.stringify(slack({ ...failed, links }).blocks.at(-1));
    expect(context).toContain('<https://github.com/a?x=1&amp;y=%7C%3Cb%3E|Run>');
    expect(context).not.toContain('Report');
  });

  test('nobody is to be asked about a promotion', () => {
    expect(JSON.stringify(slack(endOf(promoted(), { contacts: CONTACTS })))).not.toContain('On call');
  });
});

describe('Teams', () => {
  test('gets one adaptive card with facts and buttons', () => {
    expect(teams(failed)).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            type: 'AdaptiveCard',
            version: '1.5',
            body: [
              {
                type: 'TextBlock',
                color: 'Attention',
                wrap: true,
                text: expect.stringMatching(/^ROLLBACK FAILED/),
              },
              { type: 'TextBlock', wrap: true, text: expect.stringContaining('exited with code 7') },
              {
                type: 'FactSet',
                facts: expect.arrayContaining([
                  { title: 'Commit', value: SHA },
                  { title: 'Reason', value: 'rollback-script-failed' },
                ]),
              },
              { type: 'TextBlock', wrap: true, text: expect.stringMatching(/^What to do: /) },
            ],
            actions: [
              { type: 'Action.OpenUrl', title: 'Run', url: LINKS.run },
              { type: 'Action.OpenUrl', title: 'Report', url: LINKS.report },
              { type: 'Action.OpenUrl', title: 'Ledger', url: LINKS.ledger },
            ],
          },
        },
      ],
    });
  });

  test('shows no link with a label that others chose', () => {
    const end = { ...failed, summary: '[sign in](https://evil.example)', version: '[v](https://x)' };
    expect(JSON.stringify(teams(end))).not.toContain('](');
  });
});

describe('PagerDuty', () => {
  test('gets an alert for a person, with what is needed at night', () => {
    expect(pagerduty(failed)).toEqual({
      event_action: 'trigger',
      dedup_key: 'gated-release/acme/shop/shop/production',
      payload: {
        summary: expect.stringMatching(
          /^ROLLBACK FAILED, A PERSON IS NEEDED NOW: shop 1\.2\.0 in production: /,
        ),
        source: 'acme/shop',
        severity: 'critical',
        component: 'shop',
        group: 'production',
        class: 'rollback-script-failed',
        timestamp: failed.state?.ended?.at,
        custom_details: {
          Summary: expect.stringContaining('exited with code 7'),
          'What to do': expect.stringContaining('by hand'),
          'In service': expect.stringContaining('NOT KNOWN'),
          Traffic: expect.any(String),
          Reason: 'rollback-script-failed',
          Commit: SHA,
          Ask: 'On call (operations) @acme/sre tel:+4930',
        },
      },
      links: [
        { href: LINKS.run, text: 'Run' },
        { href: expect.stringContaining(RELEASE), text: 'Report' },
        { href: LINKS.ledger, text: 'Ledger' },
      ],
      client: 'Gated Release',
      client_url: LINKS.run,
    });
  });

  test('a promotion resolves what another end triggered for the same service and environment', () => {
    const key = pagerduty(endOf(rolledBack()))?.dedup_key;
    expect(pagerduty(endOf(promoted()))).toEqual({ event_action: 'resolve', dedup_key: key });
  });

  test('a service of the same name elsewhere has an alert of its own', () => {
    const elsewhere = { ...failed, links: { ...LINKS, repository: 'https://github.com/acme/other' } };
    const keys = [failed, elsewhere, { ...failed, environment: 'eu' }, { ...failed, service: 'till' }].map(
      (end) => pagerduty(end)?.dedup_key,
    );
    expect(new Set(keys).size).toBe(4);
  });

  test.each([
    ['promoted', 'resolve', undefined],
    ['passed', undefined, undefined],
    ['nothing-to-do', undefined, undefined],
    ['blocked', 'trigger', 'warning'],
    ['rolled-back', 'trigger', 'warning'],
    ['rollback-pending', 'trigger', 'critical'],
    ['halted', 'trigger', 'critical'],
    ['rollback-failed', 'trigger', 'critical'],
  ] satisfies [Decision, string | undefined, string | undefined][])(
    '%s: the action is %s, the severity %s',
    (decision, action, severity) => {
      const event = pagerduty({ ...failed, decision });
      expect([event?.event_action, event?.payload?.severity]).toEqual([action, severity]);
    },
  );
});

test('an earlier release that is still half done makes a blocked one critical', () => {
  for (const reason of ['cannot-recover', 'recovery-failed'] as const) {
    expect(pagerduty(earlyEnd({ reason }))?.payload?.severity).toBe('critical');
  }
});

test.each(EVENTS)('each chat is told of %s, and can be before anything is recorded', (decision) => {
  for (const end of [failed, earlyEnd()].map((each) => ({ ...each, decision }))) {
    expect(slack(end).blocks.length).toBeGreaterThanOrEqual(4);
    expect(teams(end).attachments.length).toBe(1);
  }
});

const long = fc.oneof(
  hostile,
  fc.constantFrom('&', '🙂', 'ä', '"', '\u0000', ' ', '`').map((one) => one.repeat(6000)),
);
const anyEnd = fc
  .record({
    decision: fc.constantFrom(...(Object.keys(DECISIONS) as Decision[])),
    reason: fc.constantFrom(...REASON_CODES),
    summary: long,
    service: fc.oneof(long, fc.constant('')),
    environment: long,
    version: fc.option(long),
    sha: fc.option(fc.constant(SHA)),
    contacts: fc.array(fc.record({ name: long, role: long, github: long, url: long }), { maxLength: 3 }),
    run: long,
  })
  .map(({ run, ...end }) => ({ ...failed, ...end, links: { ...LINKS, run: `https://x.example/${run}` } }));

test('whatever a release is called and says, each body is one that its receiver takes', () => {
  fc.assert(
    fc.property(anyEnd, (end) => {
      expectSlackTakes(slack(end));
      expectTeamsTakes(teams(end));
      const event = pagerduty(end);
      if (event) expectPagerdutyTakes(event);
    }),
    { numRuns: 200 },
  );
});

function expectSlackTakes({ text, blocks }: SlackBody): void {
  expect(blocks.length).toBeLessThanOrEqual(50);
  const sized: [Text | undefined, number][] = [
    [blocks[0]?.text, 150],
    ...blocks.slice(1).map(({ text }): [Text | undefined, number] => [text, 3000]),
    ...blocks.flatMap(({ fields = [] }) => fields.map((field): [Text, number] => [field, 2000])),
  ];
  for (const [value, most] of sized) if (value) expectShort(value.text, most);
  expectShort(text, 3000);
  for (const value of [text, ...sized.map(([value]) => value?.text ?? '')]) {
    expect(value).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
  }
  for (const { fields } of blocks) expect(fields?.length ?? 1).toBeLessThanOrEqual(10);
}

function expectTeamsTakes(body: TeamsBody): void {
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(28 * 1024);
  expect(JSON.stringify(body.attachments[0]?.content.body)).not.toContain('](');
  for (const { text, facts } of body.attachments[0]?.content.body ?? []) {
    expect(text ?? facts?.every(({ value }) => value !== '')).toBeTruthy();
  }
}

function expectPagerdutyTakes({ dedup_key: key, payload }: Event): void {
  expectShort(key, 255);
  if (payload) expectShort(payload.summary, 1024);
}

function expectShort(text: string, most: number): void {
  expect(text.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThanOrEqual(most);
  expect(text).not.toMatch(/\p{Cs}/u);
}
