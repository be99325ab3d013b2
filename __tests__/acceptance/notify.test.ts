import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { expectBlocked, expectDecision, shortPlan, warningsOf } from './claims.js';
import { INSIDE } from './inside.js';
import { play } from './play.js';

const ROUTING_KEY = '0123456789abcdef0123456789abcdef';
const events = ['promoted', 'blocked'];

const plan = shortPlan({
  verify: { unit: { run: 'test "$RELEASE_VERSION" != 1.2', timeout: '10s' } },
  contacts: [{ name: 'On call', github: '@acme/sre' }],
  notify: [
    { slack: '${HOOKS}/slack', events },
    { teams: '${HOOKS}/teams?sig=${TEAMS_SIGNATURE}', events },
    { pagerduty: { key: '${ROUTING_KEY}', url: '${HOOKS}/v2/enqueue' }, events },
    { webhook: '${HOOKS}/webhook', events },
  ],
});

test.concurrent(
  'Slack, Teams, PagerDuty and a webhook are each told in their own form, and the alert is resolved later',
  play({ ...INSIDE, plan }, async (scenario) => {
    await using receiver = await startReceiver();
    const env = { HOOKS: receiver.url, ROUTING_KEY, TEAMS_SIGNATURE: 'signature-of-the-flow' };

    const blocked = await scenario.release({ version: '1.2', env });
    expectBlocked(scenario, blocked, { reason: 'verify-failed' });
    const told = receiver.taken();
    expect(Object.keys(told).sort()).toEqual(['/slack', '/teams', '/v2/enqueue', '/webhook']);
    expect(told['/slack']).toMatchObject({
      text: expect.stringMatching(/^BLOCKED: shop 1\.2 in production: /),
      blocks: [
        { type: 'header' },
        { type: 'section' },
        { type: 'section' },
        { type: 'section' },
        { type: 'context' },
      ],
    });
    expect(told['/teams']).toMatchObject({
      type: 'message',
      attachments: [{ content: { type: 'AdaptiveCard', version: '1.5' } }],
    });
    expect(told['/v2/enqueue']).toMatchObject({
      routing_key: ROUTING_KEY,
      event_action: 'trigger',
      dedup_key: 'gated-release/acme/shop/shop/production',
      payload: { severity: 'warning', class: 'verify-failed', custom_details: { Ask: 'On call @acme/sre' } },
    });
    expect(told['/webhook']).toMatchObject({ event: 'blocked', version: '1.2' });
    for (const secret of Object.values(env)) expect(blocked.log).not.toContain(secret);

    const promoted = await scenario.release({ version: '1.3', env });
    expectDecision(scenario, promoted, { decision: 'promoted', reason: 'all-gates-passed' });
    expect(receiver.taken()['/v2/enqueue']).toEqual({
      routing_key: ROUTING_KEY,
      event_action: 'resolve',
      dedup_key: 'gated-release/acme/shop/shop/production',
    });
    expect(
      [...warningsOf(blocked), ...warningsOf(promoted)].filter((one) => /notification/.test(one)),
    ).toEqual([]);
  }),
);

/** Takes JSON by POST, and answers as PagerDuty does; `taken` empties it. */
async function startReceiver() {
  let taken: Record<string, unknown> = {};
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const isJson = request.method === 'POST' && request.headers['content-type'] === 'application/json';
      if (isJson) taken[pathname] = JSON.parse(body);
      response.writeHead(isJson ? 202 : 400).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken() {
      const all = taken;
      taken = {};
      return all;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
