import type { MetricVerdict } from '../judge/verdict.js';
import type { Decision } from '../release/decisions.js';
import type { KeptBackup, StageName, Verified } from '../release/events.js';
import { REASONS, type ReasonCode } from '../release/reasons.js';
import type { DataRestored, ReleaseState, RollbackCommit, WeightPoint } from '../release/state.js';
import type { ReleaseEnd, ReplayedJudgement } from './end.js';
import { weightVerified } from './situation.js';
import { lastJudgement, type StageRow, type StageVerdict, stageRows } from './stage-row.js';

/** GitHub takes outputs of 1 MB a job, shared by all its steps. */
export const MOST_RESULT_BYTES = 256 * 1024;

/** The output `result`. Times are ISO 8601 in UTC; weights in percent. */
export interface Result {
  readonly schema_version: 1;
  readonly decision: Decision;
  readonly reason_code: ReasonCode;
  readonly reason: string;
  readonly remedy: string;
  readonly release_id: string | null;
  readonly service: string;
  readonly environment: string;
  readonly version: string | null;
  readonly sha: string | null;
  readonly previous_version: string | null;
  /** As last read; null when it was not or could not be. */
  readonly in_service_version: string | null;
  /** On the canary; null when it is not known. */
  readonly weight: number | null;
  /** Whether the weight was read back; null when this release moved no traffic. */
  readonly weight_verified: boolean | null;
  readonly stages: readonly ResultStage[];
  readonly suites: readonly ResultSuite[];
  readonly weights: readonly WeightPoint[];
  readonly rollback: ResultRollback | null;
  /** Of a rollback that was to restore the data; null for all others. */
  readonly data: ResultData | null;
  /** What the plan would have said of a past release; null without a replay. */
  readonly replay: readonly ReplayedJudgement[] | null;
  readonly links: {
    readonly run: string;
    readonly ledger: string | null;
    readonly report: string | null;
    readonly commit: string | null;
  };
  /** What was left out to keep the result below 256 KB; empty when it is whole. */
  readonly left_out: readonly string[];
}

export interface ResultData {
  readonly result: DataRestored['result'];
  readonly backups: readonly KeptBackup[];
  readonly note: string;
  readonly commands: readonly string[];
}

export interface ResultStage {
  readonly name: StageName;
  readonly verdict: Exclude<StageVerdict, 'running'>;
  readonly reason_code: ReasonCode | null;
  readonly summary: string;
  readonly evidence: readonly string[];
  /** Those of the last judgement, which decided. */
  readonly metrics: readonly MetricVerdict[];
  readonly started_at: string | null;
  readonly ended_at: string | null;
}

/** What one verification suite found; `tests`, `alerts` and `values` as in the ledger. */
export interface ResultSuite
  extends Pick<Verified, 'verdict' | 'summary' | 'attempts' | 'tests' | 'alerts' | 'values'> {
  readonly name: string;
  readonly reason_code: ReasonCode | null;
}

export interface ResultRollback {
  readonly commit: RollbackCommit['result'];
  readonly sha: string | null;
  readonly note: string;
  readonly files: readonly string[];
  readonly commands: readonly string[];
}

export function resultOf(end: ReleaseEnd): Result {
  const { state, links } = end;
  return fitting({
    schema_version: 1,
    decision: end.decision,
    reason_code: end.reason,
    reason: end.summary || REASONS[end.reason].why,
    remedy: REASONS[end.reason].remedy,
    release_id: state?.started.release ?? null,
    service: end.service,
    environment: end.environment,
    version: end.version,
    sha: end.sha,
    previous_version: state?.started.previous?.version ?? null,
    in_service_version: state?.inService ?? null,
    weight: state?.weight ?? null,
    weight_verified: weightVerified(state),
    stages: stageRows(state, true).map((row) => resultStage(state, row)),
    suites: (state?.verified ?? []).map(resultSuite),
    weights: (state?.weights ?? []).map(({ at, weight, verified }) => ({ at, weight, verified })),
    rollback: resultRollback(state?.rollbackCommit ?? null),
    data: resultData(state),
    replay: end.replay ?? null,
    links: {
      run: links.run,
      ledger: links.ledger,
      report: links.report,
      commit: end.sha === null ? null : `${links.repository}/commit/${end.sha}`,
    },
    left_out: [],
  });
}

function resultStage(state: ReleaseState | null, row: StageRow): ResultStage {
  return {
    name: row.name,
    verdict: row.verdict === 'running' ? 'errored' : row.verdict,
    reason_code: row.reason,
    summary: row.summary,
    evidence: row.evidence,
    metrics: lastJudgement(state, row.name)?.metrics ?? [],
    started_at: row.startedAt,
    ended_at: row.endedAt,
  };
}

function resultSuite({ suite, reason, ...found }: Verified): ResultSuite {
  const { verdict, summary, attempts, tests, alerts, values } = found;
  return { name: suite, verdict, reason_code: reason, summary, attempts, tests, alerts, values };
}

function resultData(state: ReleaseState | null): ResultData | null {
  if (!state?.started.data || !state.dataRestored) return null;
  const { result, note, commands } = state.dataRestored;
  return { result, backups: state.started.data.backups, note, commands };
}

function resultRollback(made: RollbackCommit | null): ResultRollback | null {
  if (!made) return null;
  return {
    commit: made.result,
    sha: made.commit,
    note: made.note,
    files: made.files,
    commands: made.commands,
  };
}

const MOST_LISTED = 100;
const MOST_CHARACTERS = 1000;

/** What is left out, in this order, until the result is small enough: the decision itself never is. */
const REDUCTIONS: readonly (readonly [string, (result: Result) => Result])[] = [
  [
    'evidence of the stages that passed',
    (result) => withoutEvidence(result, (stage) => stage.verdict === 'passed'),
  ],
  ['evidence of all stages', (result) => withoutEvidence(result, () => true)],
  ['all but the last 100 weights', (result) => ({ ...result, weights: result.weights.slice(-MOST_LISTED) })],
  ['rollback files beyond the first 100', (result) => ({ ...result, rollback: fewerFiles(result.rollback) })],
  ['the end of texts beyond 1,000 characters', (result) => shortened(result)],
  ['metrics', (result) => ({ ...result, stages: result.stages.map((stage) => ({ ...stage, metrics: [] })) })],
  ['what the suites found', (result) => ({ ...result, suites: [] })],
  ['rollback files and commands', (result) => ({ ...result, rollback: noFiles(result.rollback) })],
];

function fitting(whole: Result): Result {
  let result = whole;
  for (const [what, reduce] of REDUCTIONS) {
    if (Buffer.byteLength(JSON.stringify(result)) <= MOST_RESULT_BYTES) break;
    result = { ...reduce(result), left_out: [...result.left_out, what] };
  }
  return result;
}

function withoutEvidence(result: Result, of: (stage: ResultStage) => boolean): Result {
  return {
    ...result,
    stages: result.stages.map((stage) => (of(stage) ? { ...stage, evidence: [] } : stage)),
  };
}

function fewerFiles(made: ResultRollback | null): ResultRollback | null {
  return (
    made && {
      ...made,
      files: made.files.slice(0, MOST_LISTED),
      commands: made.commands.slice(0, MOST_LISTED),
    }
  );
}

function noFiles(made: ResultRollback | null): ResultRollback | null {
  return made && { ...made, files: [], commands: [] };
}

function shortened<T>(value: T): T {
  if (typeof value === 'string') {
    return (value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS - 1)}…` : value) as T;
  }
  if (Array.isArray(value)) return value.map(shortened) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item)])) as T;
}
