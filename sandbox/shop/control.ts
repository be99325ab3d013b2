import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { ShopState, Slot, SourceFiles } from './contract.js';
import { Refusal } from './refusal.js';

export interface Controls {
  state(): ShopState;
  publish(version: string, files: SourceFiles): Promise<void>;
  deploy(slot: Slot, version: string): Promise<void>;
  remove(slot: Slot): Promise<void>;
  route(weight: number): void;
  maintain(on: boolean): void;
}

/** The platform's API: JSON in, JSON out, `{error}` with a sentence for a person when it refuses. */
export function createControl(controls: Controls, log: (line: string) => void): Server {
  return createServer(async (incoming, response) => {
    const path = new URL(incoming.url ?? '/', 'http://control').pathname;
    const called = `${incoming.method} ${path}`;
    let status = 200;
    let answer: unknown;
    try {
      answer = await carryOut(controls, { called, body: await readJson(incoming) });
    } catch (error) {
      status = error instanceof Refusal ? error.status : 500;
      answer = { error: error instanceof Refusal ? error.message : `The platform failed: ${error}` };
    }
    if (incoming.method !== 'GET') log(`control: ${called} → ${status}`);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
}

async function carryOut(
  controls: Controls,
  { called, body }: { called: string; body: Record<string, unknown> },
): Promise<unknown> {
  const [, verb, kind, name = ''] = /^(GET|PUT|DELETE) \/([a-z]+)(?:\/([^/]+))?$/.exec(called) ?? [];
  switch (`${verb} ${kind}`) {
    case 'GET state':
      return controls.state();
    case 'PUT versions':
      await controls.publish(decodeURIComponent(name), toFiles(body.files));
      return controls.state();
    case 'PUT slots':
      await controls.deploy(toSlot(name), toText(body.version, 'version'));
      return controls.state();
    case 'DELETE slots':
      await controls.remove(toSlot(name));
      return controls.state();
    case 'PUT weight':
      controls.route(toWeight(body.weight));
      return controls.state();
    case 'PUT maintenance':
      if (typeof body.on !== 'boolean') throw new Refusal(400, 'The body lacks "on": true or false.');
      controls.maintain(body.on);
      return controls.state();
    default:
      throw new Refusal(404, `The platform has nothing at ${called}.`);
  }
}

async function readJson(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Answered below, as any other body that is no object.
  }
  throw new Refusal(400, 'The body is not a JSON object.');
}

function toSlot(name: string): Slot {
  if (name === 'stable' || name === 'canary') return name;
  throw new Refusal(404, `There is no slot "${name}". Slots: stable, canary.`);
}

function toText(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Refusal(400, `The body lacks "${name}".`);
}

function toWeight(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100) return value;
  throw new Refusal(400, `The weight is a whole number from 0 to 100, found ${JSON.stringify(value)}.`);
}

function toFiles(value: unknown): SourceFiles {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) throw new Refusal(400, 'The body lacks "files": path → text.');
  return Object.fromEntries(entries.map(([path, text]) => [path, toText(text, path)]));
}
