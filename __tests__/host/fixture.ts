import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log, ScriptRequest, Scripts } from '../../src/host/contract.js';
import { createRedactor } from '../../src/host/redact.js';
import { createScripts } from '../../src/host/scripts.js';

/** A workspace with scripts that run in it, and all that they print. */
export interface Bench {
  readonly scripts: Scripts;
  readonly workspace: string;
  readonly lines: string[];
  readonly warnings: string[];
  readonly groups: string[];
  readonly masks: string[];
  run(script: string, request?: Partial<ScriptRequest>): ReturnType<Scripts['run']>;
  remove(): void;
}

export function createBench(
  options: { env?: Record<string, string>; oidc?: boolean; workingDirectory?: string } = {},
): Bench {
  const workspace = mkdtempSync(join(tmpdir(), 'host-test-'));
  const record = {
    lines: [] as string[],
    warnings: [] as string[],
    groups: [] as string[],
    masks: [] as string[],
  };
  const log: Log = {
    info: (line) => record.lines.push(line),
    warning: (message) => record.warnings.push(message),
    error: (message) => record.warnings.push(message),
    group: (title, work) => {
      record.groups.push(title);
      return work();
    },
  };
  const env = { PATH: process.env.PATH ?? '', GITHUB_WORKSPACE: workspace, ...options.env };
  const scripts = createScripts({
    env,
    workingDirectory: options.workingDirectory ?? '.',
    oidc: options.oidc ?? false,
    log,
    redactor: createRedactor({ env, tokens: [], names: [] }),
    onMask: (value) => record.masks.push(value),
    markerDirectory: join(workspace, 'running'),
  });
  return {
    ...record,
    scripts,
    workspace,
    run: (script, request = {}) =>
      scripts.run({ name: 'a script', script, env: {}, timeoutMs: 20_000, ...request }),
    remove: () => rmSync(workspace, { recursive: true, force: true }),
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}

import { readFileSync } from 'node:fs';

function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
