import type { Backup } from '../plan/plan.js';
import { ReleaseProblem } from '../release/problem.js';
import { recordBackups, withVariablesNamed } from './backed-up.js';
import { evidenceOf } from './backup-evidence.js';
import { whyNotNeeded } from './backup-needed.js';
import type { ReleaseContext } from './context.js';
import { mustRun, scriptEnvironment } from './script.js';
import type { Stage, StagePassed } from './stage.js';
import { stopIfAsked } from './stop.js';

type SourcesPlan = Extract<Backup, { kind: 'sources' }>;

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

async function bySources(context: ReleaseContext, plan: SourcesPlan): Promise<StagePassed> {
  const { ports, journal } = context;
  const needless = await whyNotNeeded(context, plan.when);
  if (needless !== null) return { summary: needless, evidence: [], skipped: true };
  const { release, service, environment } = journal.state.started;
  const result = await ports.backup.take(plan, {
    release,
    service,
    environment,
    lastPromoted: journal.session.current.last_promoted?.release ?? null,
    workspace: context.workspace,
    env: scriptEnvironment(context, { stage: 'backup' }),
    signal: context.signal,
    onProgress: (line) => ports.log.info(line),
  });
  recordBackups(context, plan, result);
  stopIfAsked(context.signal);
  const evidence = evidenceOf(result, withVariablesNamed(context, plan));
  if (result.verdict === 'passed') return { summary: result.summary, evidence };
  throw new ReleaseProblem(result.reason ?? 'backup-failed', result.summary, {
    evidence,
    verdict: result.verdict,
  });
}
