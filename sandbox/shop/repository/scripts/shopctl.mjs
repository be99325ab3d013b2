#!/usr/bin/env node
// The client of the company's platform. It needs SHOP_CONTROL_URL and nothing but node.
// Exit codes: 0 done, 1 the platform refused or cannot be reached, 2 called wrongly.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const usage = `Usage:
  shopctl.mjs publish <version>          upload shop/ of this checkout as that version
  shopctl.mjs deploy <slot> <version>    run a published version in a slot
  shopctl.mjs remove <slot>              stop what runs in a slot
  shopctl.mjs route <weight>             give the canary that share of the traffic, 0 to 100
  shopctl.mjs weight                     print the canary's share
  shopctl.mjs version [slot]             print the version in a slot, stable by default
  shopctl.mjs maintenance <on|off>       answer everybody with a maintenance page, or stop doing so
Slots are stable and canary.`;

const commands = {
  async publish(version) {
    expect(version, 'publish needs a version.');
    const files = {};
    for (const name of readdirSync(join(repository, 'shop'))) {
      files[`shop/${name}`] = readFileSync(join(repository, 'shop', name), 'utf8');
    }
    await ask('PUT', `/versions/${encodeURIComponent(version)}`, { files });
    console.log(`Published ${version}.`);
  },
  async deploy(slot, version) {
    expectSlot(slot);
    expect(version, 'deploy needs a version.');
    await ask('PUT', `/slots/${slot}`, { version });
    console.log(`${slot} runs ${version}.`);
  },
  async remove(slot) {
    expectSlot(slot);
    await ask('DELETE', `/slots/${slot}`);
    console.log(`${slot} is empty.`);
  },
  async route(text) {
    expect(
      /^(100|[1-9]?\d)$/.test(text ?? ''),
      `The weight is a whole number from 0 to 100, found "${text ?? ''}".`,
    );
    await ask('PUT', '/weight', { weight: Number(text) });
    console.log(`The canary gets ${text} % of the traffic.`);
  },
  async weight() {
    console.log((await ask('GET', '/state')).weight);
  },
  async version(slot = 'stable') {
    expectSlot(slot);
    const running = (await ask('GET', '/state')).slots[slot];
    if (running === null) fail(1, `Nothing runs in the slot ${slot}.`);
    console.log(running.version);
  },
  async maintenance(word) {
    expect(word === 'on' || word === 'off', `maintenance is on or off, found "${word ?? ''}".`);
    await ask('PUT', '/maintenance', { on: word === 'on' });
    console.log(`Maintenance is ${word}.`);
  },
};

const [name, ...values] = process.argv.slice(2);
if (!Object.hasOwn(commands, name ?? '')) {
  fail(2, `${name === undefined ? 'No command given.' : `Unknown command "${name}".`}\n${usage}`);
}
await commands[name](...values);

async function ask(method, path, body) {
  const base = process.env.SHOP_CONTROL_URL;
  expect(
    base,
    'SHOP_CONTROL_URL is not set. Set it to the address of the platform, e.g. http://127.0.0.1:8100.',
  );
  let response;
  try {
    response = await fetch(base.replace(/\/$/, '') + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(30_000),
    });
  } catch (error) {
    const reason = error.cause?.code ?? error.cause?.message ?? error.message;
    fail(1, `The platform at ${base} cannot be reached (${reason}). Is SHOP_CONTROL_URL right?`);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) fail(1, answer.error ?? `The platform answered ${response.status} to ${method} ${path}.`);
  return answer;
}

function expectSlot(slot) {
  expect(slot === 'stable' || slot === 'canary', `The slot is stable or canary, found "${slot ?? ''}".`);
}

function expect(condition, message) {
  if (!condition) fail(2, message);
}

function fail(code, message) {
  console.error(`shopctl: ${message}`);
  process.exit(code);
}
