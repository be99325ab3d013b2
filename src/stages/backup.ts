import type { BackupResult, SourceEvidence } from '../backup/contract.js';
import type { Backup } from '../plan/plan.js';
import { namesIn } from '../plan/variables.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';
import { keptOf } from './kept.js';
import { fenced, mustRun, scriptEnvironment } from './script.js';
import type { Stage, StagePassed } from './stage.js';
import { stopIfAsked } from './stop.js';

export const backup: Stage = {
  name: 'backup',
  skip: (plan) => (plan.backup ? null : 'the plan has no `backup`'),
  async run(context) {
    const plan = context.plan.backup;
    if (!plan) return { summary: 'no backup', evidence: [] };
    return plan.kind === 'script' ? byScript(context, plan) : bySources(context, plan);
  },
};

async function byScript(
  context: ReleaseContext,
  script: Extract<Backup, { kind: 'script' }>,
): Promise<StagePassed> {
  await mustRun(context, { name: 'backup', script, stage: 'backup' }, 'backup-failed');
  return {
    summary: 'the backup script succeeded',
    evidence: ['- What the script proved is known only by its exit code: no copy was restored or compared.'],
  };
}

async function bySources(
  context: ReleaseContext,
  plan: Extract<Backup, { kind: 'sources' }>,
): Promise<StagePassed> {
  const { ports, journal } = context;
  const result = await ports.backup.take(plan, {
    release: journal.state.started.release,
    service: journal.state.started.service,
    environment: journal.state.started.environment,
    lastPromoted: journal.session.current.last_promoted?.release ?? null,
    workspace: context.workspace,
    env: scriptEnvironment(context, { stage: 'backup' }),
    signal: context.signal,
    onProgress: (line) => ports.log.info(line),
  });
  stopIfAsked(context.signal);
  journal.record({ type: 'backed-up', backups: keptOf(result) });
  const evidence = result.sources.flatMap((source) => describe(source, named(context, plan)));
  if (result.verdict === 'passed') return { summary: result.summary, evidence };
  throw new ReleaseProblem(result.reason ?? 'backup-failed', result.summary, {
    evidence,
    verdict: verdictOf(result),
  });
}

function verdictOf(result: BackupResult): 'failed' | 'errored' {
  return result.verdict === 'errored' ? 'errored' : 'failed';
}

/**
 * Names the variables of the store's path again: their values are masked wherever they are shown, and a command
 * with a mask in it restores nothing.
 */
function named(
  { env }: ReleaseContext,
  { store }: Extract<Backup, { kind: 'sources' }>,
): (command: string) => string {
  return (command) =>
    namesIn(store?.kind === 'directory' ? store.directory : '').reduce((text, name) => {
      const value = env[name];
      return value ? text.replaceAll(value, `"\${${name}}"`) : text;
    }, command);
}

function describe(source: SourceEvidence, name: (command: string) => string): readonly string[] {
  const files = source.items === null ? '' : ` in ${source.items} ${source.items === 1 ? 'file' : 'files'}`;
  const digest = source.digest ? `, SHA-256 \`${source.digest.slice(0, 16)}\`` : '';
  const proved = source.proved ? `proved ${source.proved}` : 'not taken';
  const problem = source.problem ? `: ${source.problem}` : '';
  return [
    `- \`${source.name}\` (${source.kind}): ${proved}, ${source.bytes} bytes${files}${digest}${problem}`,
    ...(source.restore
      ? ['', 'Restore it by hand with:', '', ...fenced(name(source.restore).split('\n'))]
      : []),
  ];
}
