import type { CheckReport } from '../github/contract.js';
import type { StageName } from '../release/events.js';
import type { StageState } from '../release/state.js';
import { checkOf } from '../report/check.js';
import type { ReleaseContext } from './context.js';

/** Shows where a stage stands as a status check. In the background: a release never waits for it. */
export function publishStage(context: ReleaseContext, stage: StageName): void {
  const { state } = context.journal;
  const at = state.stages[stage];
  if (!at) return;
  const { started } = state;
  const page = checkOf({ state, stage, links: context.links });
  context.ports.github.checks.report({
    name: checkName(started, stage),
    ...standing(at),
    ...page,
  });
}

export function checkName(
  of: { readonly service: string; readonly environment: string },
  stage: string,
): string {
  return `${of.service}/${of.environment}/${stage}`;
}

/** `neutral` and `skipped` count as passed with GitHub, so nothing that did not pass may be one of them. */
function standing(stage: StageState): Pick<CheckReport, 'status' | 'conclusion'> {
  if (stage.status === 'running') return { status: 'in_progress' };
  if (stage.status === 'passed') return { status: 'completed', conclusion: 'success' };
  if (stage.status === 'skipped') return { status: 'completed', conclusion: 'skipped' };
  const cancelled = ['cancelled', 'interrupted', 'superseded'].includes(stage.reason ?? '');
  return { status: 'completed', conclusion: cancelled ? 'cancelled' : 'failure' };
}
