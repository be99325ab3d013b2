import type { Verdict } from '../judge/verdict.js';
import { STAGE_NAMES, type StageName } from '../release/events.js';
import type { ReasonCode } from '../release/reasons.js';
import { effectBegun, type Judgement, type ReleaseState, type StageState } from '../release/state.js';
import { metricFact, tellingMetric } from './measure.js';

export type StageVerdict = Verdict | 'skipped' | 'running' | 'not-run';

/** A stage as it is shown: also one that never ran, or that never ended. */
export interface StageRow {
  readonly name: StageName;
  readonly verdict: StageVerdict;
  readonly reason: ReasonCode | null;
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export const VERDICT_WORDS: Readonly<Record<StageVerdict, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  inconclusive: 'Inconclusive',
  errored: 'Errored',
  skipped: 'Skipped',
  running: 'Running',
  'not-run': 'Not run',
};

/** The word for a verdict; in bold when it opened no gate. Markdown. */
export function verdictMark(verdict: StageVerdict): string {
  const shut = verdict === 'failed' || verdict === 'inconclusive' || verdict === 'errored';
  return shut ? `**${VERDICT_WORDS[verdict]}**` : VERDICT_WORDS[verdict];
}

/** All stages in order. With `over`, a stage that did not end counts as errored: nothing passes by being lost. */
export function stageRows(state: ReleaseState | null, over: boolean): readonly StageRow[] {
  return STAGE_NAMES.map((name) => stageRow(state, name, over));
}

export function stageRow(state: ReleaseState | null, name: StageName, over: boolean): StageRow {
  const stage = state?.stages[name];
  if (!state || !stage) {
    return notRun(name, !state || !effectBegun(state) || state.ended?.decision === 'promoted');
  }
  const { status, reason, summary, evidence, startedAt, endedAt } = stage;
  if (status === 'running' && over) return unfinished({ state, name, stage });
  return { name, verdict: status, reason, summary, evidence, startedAt, endedAt };
}

/** The last judgement of a stage, which is the one that decided it. */
export function lastJudgement(state: ReleaseState | null, stage: StageName): Judgement | null {
  return state?.judgements.findLast((judgement) => judgement.stage === stage) ?? null;
}

/** The most telling fact on a stage: its own sentence; with the metric that decided, where one did. */
export function tellingFact(state: ReleaseState, row: StageRow): string {
  const judgement = lastJudgement(state, row.name);
  const metric = tellingMetric(judgement?.metrics ?? []);
  if (!judgement || !metric) return row.summary;
  if (row.reason?.startsWith('metric-')) {
    return `${row.name === 'canary' ? `at ${judgement.weight} %, ` : ''}${metricFact(metric)}`;
  }
  return row.name === 'canary' && row.verdict === 'passed'
    ? `${row.summary}; ${metricFact(metric)}`
    : row.summary;
}

function notRun(name: StageName, allWell: boolean): StageRow {
  const summary = name === 'rollback' && allWell ? 'Not needed.' : 'Not begun.';
  return { name, verdict: 'not-run', reason: null, summary, evidence: [], startedAt: null, endedAt: null };
}

function unfinished(options: { state: ReleaseState; name: StageName; stage: StageState }): StageRow {
  const { state, name, stage } = options;
  return {
    name,
    verdict: 'errored',
    reason: state.failing?.reason ?? state.ended?.reason ?? 'interrupted',
    summary: state.failing?.summary || 'Begun, and not ended before the release was.',
    evidence: stage.evidence,
    startedAt: stage.startedAt,
    endedAt: null,
  };
}
