import { type ChildProcess, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { findNode } from '../runner/node-binary.js';
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
  /** Of the orders. */
  readonly database: string;
  readonly log: (line: string) => void;
}): Promise<Instance> {
  const { version, slot, directory, database, log } = options;
  // The Node of the development dependencies, which has SQLite, whichever runs this.
  const child = spawn(findNode(), ['--no-warnings', join(directory, 'shop', 'server.mjs')], {
    cwd: directory,
    env: {
      PATH: process.env.PATH ?? '',
      PORT: '0',
      SHOP_SLOT: slot,
      SHOP_VERSION: version,
      SHOP_DATABASE: database,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lastWords: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    log(`${slot} ${version}: ${line}`);
    lastWords.push(line);
    if (lastWords.length > 20) lastWords.shift();
  });
  const start = await Promise.race([
    listeningPort(child.stdout),
    ended.then(() => 'ended at its start'),
    sleep(startMs, `did not listen within ${startMs / 1000} s`, { ref: false }),
  ]);
  if (typeof start === 'string') {
    child.kill('SIGKILL');
    await ended;
    throw new Refusal(502, [`Version "${version}" ${start}; ${slot} is as before.`, ...lastWords].join('\n'));
  }
  return toInstance({ version, child, ended, port: start });
}

function listeningPort(stdout: Readable): Promise<number> {
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const port = /^listening on (\d+)$/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

function toInstance(options: {
  readonly version: string;
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly port: number;
}): Instance {
  const { version, child, ended, port } = options;
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
