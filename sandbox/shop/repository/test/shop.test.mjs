// The functional test of the checked-out shop: a real server on a free port.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../shop/server.mjs', import.meta.url));
let server;
let url;

before(async () => {
  const { SHOP_SLOT: _, ...env } = process.env;
  server = spawn(process.execPath, [script], {
    env: { ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const port = /^listening on (\d+)$/.exec(line)?.[1];
    if (port) {
      url = `http://127.0.0.1:${port}`;
      return;
    }
  }
  throw new Error('The shop ended before it listened.');
});

after(() => server.kill('SIGTERM'));

test('the front page names the version', async () => {
  const answer = await fetch(`${url}/`);
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /version \S+\.\n/);
});

test('an order that was placed is listed', async () => {
  const placed = await fetch(`${url}/orders`, {
    method: 'POST',
    body: JSON.stringify({ item: 'coffee', amount: 3 }),
  });
  assert.equal(placed.status, 201);
  const { id } = await placed.json();
  const orders = await (await fetch(`${url}/orders`)).json();
  assert.deepEqual(
    orders.find((order) => order.id === id),
    { id, item: 'coffee', amount: 3 },
  );
});

test('an order without an amount is refused', async () => {
  const answer = await fetch(`${url}/orders`, { method: 'POST', body: JSON.stringify({ item: 'coffee' }) });
  assert.equal(answer.status, 422);
});
