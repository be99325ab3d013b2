import { createBackupRunner } from '../../src/backup/runner.js';
import { createClock } from '../../src/host/clock.js';
import { createPrograms } from '../../src/host/programs.js';
import { createRedactor } from '../../src/host/redact.js';
import { createScripts } from '../../src/host/scripts.js';
import type { BackupSource } from '../../src/plan/plan.js';
import type { Timed } from './case.js';

/** A process of its own, so that its memory is that of a backup alone. Its arguments: workspace, source as JSON. */
const [workspace = '', source = ''] = process.argv.slice(2);
const { env } = process;
const redactor = createRedactor({ env, tokens: [], names: [] });
const log = { info: () => undefined, warning: () => undefined, error: () => undefined };
const runner = createBackupRunner({
  scripts: createScripts({
    env: { ...env, GITHUB_WORKSPACE: workspace },
    workingDirectory: '.',
    oidc: false,
    log: { ...log, group: (_title, work) => work() },
    redactor,
    onMask: () => undefined,
  }),
  programs: createPrograms({ env, workspace, oidc: false, redactor }),
  clock: createClock(),
  env,
  isPublic: () => false,
});

const started = performance.now();
let takenAt = Number.NaN;
const result = await runner.take(
  {
    kind: 'sources',
    when: [],
    store: { kind: 'restic', repository: '${RESTIC_REPOSITORY}', sameMachine: true, timeoutMs: 300_000 },
    sources: [JSON.parse(source) as BackupSource],
    prove: 'identical',
    keep: null,
    showParts: true,
  },
  {
    release: 'bench',
    service: 'bench',
    environment: 'bench',
    lastPromoted: null,
    workspace,
    env: {},
    onProgress: (line) => {
      if (line.includes(': taken,')) takenAt = performance.now();
    },
  },
);
if (result.verdict !== 'passed') throw new Error(result.summary);
const timed: Timed = {
  backupMs: takenAt - started,
  cycleMs: performance.now() - started,
  // Kilobytes on Linux, whatever the name of the field says.
  megabytes: process.resourceUsage().maxRSS / 1000,
};
process.stdout.write(`${JSON.stringify(timed)}\n`);
