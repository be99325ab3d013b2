import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionStep, Job, JobOptions, JobResult } from '../../../sandbox/runner/contract.js';
import { startJob } from '../../../sandbox/runner/job.js';

/** A directory with a workspace, a place for actions, and jobs on Node 20 or whatever runs the tests. */
export interface World {
  readonly workspace: string;
  /** Writes an action and returns a step that uses it. `inputs` is YAML below `inputs:`. */
  action(parts: {
    readonly main: string;
    readonly post?: string;
    readonly postIf?: string;
    readonly inputs?: string;
  }): Promise<ActionStep>;
  start(steps: JobOptions['steps'], options?: Partial<JobOptions>): Job;
  run(steps: JobOptions['steps'], options?: Partial<JobOptions>): Promise<JobResult>;
  /** Resolves when a line of a job's log contains the text. */
  seen(text: string): Promise<void>;
  remove(): Promise<void>;
}

export const token = 'ghs_15368_eyJ0b2tlbg.of-the-job';

export async function createWorld(): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'runner-'));
  const workspace = join(root, 'work', 'shop', 'shop');
  await mkdir(workspace, { recursive: true });
  const lines: string[] = [];
  const waiting: { text: string; resolve: () => void }[] = [];
  let actions = 0;
  let jobs = 0;

  const start = (steps: JobOptions['steps'], options: Partial<JobOptions> = {}) =>
    startJob({
      steps,
      repository: 'acme/shop',
      sha: 'a'.repeat(40),
      ref: 'refs/heads/main',
      event: { name: 'push', payload: { after: 'a'.repeat(40) } },
      token,
      apiUrl: 'http://127.0.0.1:9999',
      workspace,
      temp: join(root, `temp-${++jobs}`),
      node: process.execPath,
      onLine: (line) => {
        lines.push(line);
        for (const { text, resolve } of waiting) if (line.includes(text)) resolve();
      },
      ...options,
    });

  return {
    workspace,
    action: async ({ main, post, postIf, inputs }) => {
      const directory = join(root, `action-${++actions}`);
      await mkdir(directory);
      await writeFile(join(directory, 'main.mjs'), main);
      if (post !== undefined) await writeFile(join(directory, 'post.mjs'), post);
      await writeFile(
        join(directory, 'action.yml'),
        [
          'name: An action',
          ...(inputs === undefined ? [] : ['inputs:', inputs]),
          'runs:',
          '  using: node24',
          '  main: main.mjs',
          ...(post === undefined ? [] : ['  post: post.mjs']),
          ...(postIf === undefined ? [] : [`  post-if: ${postIf}`]),
        ].join('\n'),
      );
      return { kind: 'action', directory };
    },
    start,
    run: (steps, options) => start(steps, options).result,
    seen: (text) =>
      lines.some((line) => line.includes(text))
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ text, resolve })),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** A zombie counts as dead: its parent, the init of a container, may never collect it. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
