import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Slot } from './contract.js';
import { Refusal } from './refusal.js';

/** One running process of the shop. */
export interface Instance {
  readonly version: string;
  readonly pid: number;
  readonly port: number;
  /** Keeps connections to this process only, so that none outlives it. */
  readonly agent: Agent;
  /** Requests under way; the router counts them. */
  inFlight: number;
  /** Lets the requests under way end, then ends the process. */
  retire(): Promise<void>;
}

const startMs = 10_000;
const drainMs = 5_000;
const termMs = 2_000;

/** Resolves when the process listens; refuses with its last words when it ends before, or takes too long. */
export async function startInstance(options: {
  readonly version: string;
  readonly slot: Slot;
  readonly directory: string;
  readonly log: (line: string) => void;
}): Promise<Instance> {
  const { version, slot, directory, log } = options;
  const child = spawn(process.execPath, [join(directory, 'shop', 'server.mjs')], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', PORT: '0', SHOP_SLOT: slot, SHOP_VERSION: version },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lastWords: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    log(`${slot} ${version}: ${line}`);
    lastWords.push(line);
    if (lastWords.length > 20) lastWords.shift();
  });
  const port = await Promise.race([
    new Promise<number>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const found = /^listening on (\d+)$/.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    }),
    ended.then(() => 'ended' as const),
    sleep(startMs, 'late' as const, { ref: false }),
  ]);
  if (typeof port === 'string') {
    child.kill('SIGKILL');
    await ended;
    const why = port === 'late' ? `did not listen within ${startMs / 1000} s` : 'ended at its start';
    throw new Refusal(502, [`Version "${version}" ${why}; ${slot} is as before.`, ...lastWords].join('\n'));
  }
  const instance: Instance = {
    version,
    pid: child.pid ?? 0,
    port,
    agent: new Agent({ keepAlive: true }),
    inFlight: 0,
    retire: async () => {
      const deadline = Date.now() + drainMs;
      while (instance.inFlight > 0 && Date.now() < deadline) await sleep(10);
      instance.agent.destroy();
      child.kill('SIGTERM');
      const gone = await Promise.race([ended.then(() => true), sleep(termMs, false, { ref: false })]);
      if (!gone) child.kill('SIGKILL');
      await ended;
    },
  };
  return instance;
}
