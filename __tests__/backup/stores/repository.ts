import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResticPlace } from '../../../src/plan/plan.js';
import { weakenKey } from './restic-key.js';

export const PASSWORD = 'a-password-of-the-test';

/** A directory with one empty repository, made once, of which each test gets a copy. */
export interface Repositories {
  /** A fresh repository; its path. */
  make(): string;
  /** What the step has in its environment beside the repository. */
  readonly variables: Readonly<Record<string, string>>;
  restic(repository: string, ...args: readonly string[]): string;
  remove(): void;
}

export function createRepositories(): Repositories {
  const root = mkdtempSync(join(tmpdir(), 'restic-test-'));
  const template = join(root, 'template');
  const variables = { RESTIC_PASSWORD: PASSWORD, RESTIC_CACHE_DIR: join(root, 'cache') };
  const restic = (repository: string, ...args: readonly string[]) =>
    execFileSync('restic', ['--repo', repository, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: root, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  restic(template, 'init');
  weakenKey(template, PASSWORD);
  let made = 0;
  return {
    variables,
    restic,
    make() {
      made += 1;
      const path = join(root, `repository-${made}`);
      cpSync(template, path, { recursive: true });
      return path;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export function restic(repository: string, of: Partial<ResticPlace> = {}): { readonly store: ResticPlace } {
  return { store: { kind: 'restic', repository, sameMachine: true, timeoutMs: 20_000, ...of } };
}

/** Files of one part of a repository. */
export function partsOf(
  repository: string,
  part: 'data' | 'index' | 'snapshots' | 'locks',
): readonly string[] {
  const directory = join(repository, part);
  if (!existsSync(directory)) mkdirSync(directory);
  return (
    readdirSync(directory, { recursive: true, withFileTypes: true })
      // What restic had not yet given its name when it was interrupted is no part of a repository.
      .filter((entry) => entry.isFile() && !entry.name.includes('-tmp-'))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  );
}

/** restic's own protocol, spoken by rclone over the directory of a repository. */
export async function serve(directory: string) {
  const start = async (address: string) => {
    const child = spawn('rclone', ['serve', 'restic', '--addr', address, directory], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, HOME: directory },
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until(() => /http:\/\/[\d.]+:\d+/.test(said));
    return { child, host: /http:\/\/([\d.]+:\d+)/.exec(said)?.[1] ?? '' };
  };
  let running = await start('127.0.0.1:0');
  const { host } = running;
  return {
    address: `rest:http://${host}/`,
    async stop() {
      if (running.child.exitCode !== null || running.child.signalCode !== null) return;
      running.child.kill('SIGKILL');
      await once(running.child, 'exit');
    },
    async restart() {
      running = await start(host);
    },
  };
}

export async function until(look: () => boolean): Promise<void> {
  for (let left = 2000; left > 0; left -= 1) {
    if (look()) return;
    await sleep(10);
  }
  throw new Error('it never came to the point');
}
