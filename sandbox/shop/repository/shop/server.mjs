// The shop: takes orders and lists them. Prints "listening on <port>" when it serves.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openOrders } from './orders.mjs';

const release = JSON.parse(readFileSync(new URL('release.json', import.meta.url), 'utf8'));
const version = process.env.SHOP_VERSION || release.version;
const behaviour = release.behaviour ?? 'good';
const errorPercent = Number(/^errors-(\d+)-percent$/.exec(behaviour)?.[1] ?? 0);

const known = ['good', 'slow', 'crash-at-start', 'leaking', 'broken', 'spoils-orders'];
if (!known.includes(behaviour) && errorPercent === 0) {
  fail(
    `shop/release.json: behaviour "${behaviour}" is unknown. Known: ${known.join(', ')}, errors-<n>-percent.`,
  );
}
// Only where it is deployed, as a missing setting would show; the tests of the repository do not see it.
if (behaviour === 'crash-at-start' && process.env.SHOP_SLOT) fail('The setting PAYMENT_URL is missing.');

// The tests of the repository run beside the database that is live, and must never touch it.
const orders = await openOrders(process.env.SHOP_SLOT ? process.env.SHOP_DATABASE : undefined);
// Where everybody is on it already, as such a job would be: no canary can show it.
if (behaviour === 'spoils-orders' && process.env.SHOP_SLOT === 'stable') orders.tidyUp();
const leaked = [];
let requests = 0;

const routes = {
  'GET /': () => ({ text: `Welcome to the shop, version ${version}.\n` }),
  'GET /health': () => ({ json: { status: 'ok', version, memory: process.memoryUsage().rss } }),
  'GET /version': () => ({ text: `${version}\n` }),
  'GET /orders': () => ({ json: orders.list() }),
  'POST /orders': placeOrder,
};

const server = createServer(async (request, response) => {
  const path = new URL(request.url, 'http://shop').pathname;
  const body = await readBody(request);
  if (path !== '/health' && path !== '/version') await misbehave(response);
  if (response.writableEnded) return;
  const route = routes[`${request.method} ${path}`];
  answer(response, route ? route(body) : { status: 404, text: `Nothing at ${path}.\n` });
});

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});

process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

function placeOrder(body) {
  let order;
  try {
    order = JSON.parse(body);
  } catch {
    return { status: 400, json: { error: 'The order is not JSON.' } };
  }
  if (typeof order?.item !== 'string' || !Number.isInteger(order?.amount) || order.amount < 1) {
    return {
      status: 422,
      json: { error: 'An order has an item (text) and an amount (a whole number from 1).' },
    };
  }
  return { status: 201, json: orders.place({ item: order.item, amount: order.amount }) };
}

async function misbehave(response) {
  requests++;
  if (behaviour === 'slow') await sleep(400);
  // 1 MiB a request, 100 MiB at most: visible in /health, and never the end of the machine.
  if (behaviour === 'leaking' && leaked.length < 100) leaked.push(Buffer.alloc(1024 * 1024, requests));
  if (behaviour === 'broken') answer(response, { status: 500, text: 'no such table: orders\n' });
  // Spread evenly: the fractions of n times the golden ratio fill 0 to 1 without clusters.
  if ((requests * 0.6180339887498949) % 1 < errorPercent / 100) {
    answer(response, { status: 500, text: 'Internal error: the price list did not load.\n' });
  }
}

function answer(response, { status = 200, text, json }) {
  response.writeHead(status, {
    'content-type': json === undefined ? 'text/plain; charset=utf-8' : 'application/json',
    'x-shop-version': version,
  });
  response.end(text ?? JSON.stringify(json));
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
