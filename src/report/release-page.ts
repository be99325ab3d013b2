import { STAGE_NAMES } from '../release/events.js';
import type { Judgement, ReleaseState } from '../release/state.js';
import type { Links, ReleaseEnd } from './end.js';
import { code, evidenceBlock, fitted, inline, link, sentence, table } from './markdown.js';
import { metricFact } from './measure.js';
import { between, clock, moment } from './quantity.js';
import { type StageRow, stageRow, VERDICT_WORDS } from './stage-row.js';
import { canary, heading, rollback, stages, verification, watch, why } from './summary.js';

const MOST_BYTES = 900_000;

/** `<release>/report.md`: the whole release, the decision first. */
export function releasePage(options: {
  state: ReleaseState;
  links: Links;
  chart: string | null;
  evidence: string | null;
}): string {
  const { state, links, chart, evidence } = options;
  const { release } = state.started;
  const parts = [
    ...opening(state, links),
    particulars(state, links),
    rollback(state, links.repository),
    stages(state),
    verification(state),
    canary(
      state,
      [
        chart ? `![Weight and error rate over time; the tables hold the same numbers](${chart})` : '',
        evidence ? `![How the evidence grew, for and against the new version](${evidence})` : '',
      ]
        .filter((image) => image !== '')
        .join('\n\n'),
    ),
    watch(state),
    `### What happened (UTC)\n\n${timeline(state)}`,
    ...STAGE_NAMES.map((name) => stageSection(stageRow(state, name, state.ended !== null))),
    `Release ${code(release)}. The events themselves: [events.jsonl](events.jsonl).${samplesText(state)} All releases: [front page](../README.md).`,
  ];
  return fitted(`${parts.filter((part) => part !== '').join('\n\n')}\n`, MOST_BYTES);
}

/** Whoever doubts a verdict has all that it rests on. */
function samplesText(state: ReleaseState): string {
  if (state.judgements.length === 0) return '';
  return ' The samples that each verdict can be computed from: [samples.jsonl](samples.jsonl).';
}

function opening(state: ReleaseState, links: Links): readonly string[] {
  const { started } = state;
  if (!state.ended) {
    return [
      `# IN PROGRESS: ${code(started.service)} ${code(started.version)} in ${code(started.environment)}`,
      'This release has not ended. What stands here was true when it was written.',
    ];
  }
  const end = endOf(state, state.ended, links);
  return [heading(end, '#'), why(end)];
}

function endOf(state: ReleaseState, ended: NonNullable<ReleaseState['ended']>, links: Links): ReleaseEnd {
  const { service, environment, version, sha } = state.started;
  const { decision, reason, summary } = ended;
  const none = { permissions: [], contacts: [], dryRun: false, notes: [] };
  return { decision, reason, summary, service, environment, version, sha, state, links, ...none };
}

function particulars(state: ReleaseState, links: Links): string {
  const { started, ended } = state;
  const commit = (sha: string) => link(sha.slice(0, 7), `${links.repository}/commit/${sha}`);
  const previous = started.previous;
  const rows = [
    ['Version', `${code(started.version)} (${commit(started.sha)})`],
    [
      'Previous version',
      previous
        ? `${code(previous.version)}${previous.sha ? ` (${commit(previous.sha)})` : ''}`
        : 'none known',
    ],
    ['Started', `${moment(started.at)} by ${code(started.actor)}, ${code(started.trigger)}`],
    ['Ended', ended ? `${moment(ended.at)}, after ${between(started.at, ended.at)}` : 'not yet'],
    ['Asked because', started.reason ? inline(started.reason) : '–'],
    [
      'Overrides',
      started.overrides.length > 0 ? started.overrides.map((one) => code(one)).join(', ') : 'none',
    ],
    ['Plan', `${code(started.plan.source)}, digest ${code(started.plan.digest.slice(0, 19))}`],
    ['Run', `${link('run', started.run.url)}, attempt ${inline(started.run.attempt)}`],
  ];
  return table(['About', 'This release'], rows);
}

interface Moment {
  readonly at: string;
  readonly what: string;
}

function timeline(state: ReleaseState): string {
  const moments: Moment[] = [{ at: state.started.at, what: 'Release started' }];
  for (const name of STAGE_NAMES) moments.push(...stageMoments(state, stageRow(state, name, false)));
  for (const { at, weight, verified } of state.weights) {
    moments.push({
      at,
      what: `Traffic: ${weight} % on the canary, ${verified ? 'read back' : 'unverified'}`,
    });
  }
  if (state.ended) moments.push({ at: state.ended.at, what: `Release ended: ${state.ended.decision}` });
  // The sort is stable: what happened within one millisecond stays in the order of the stages.
  const sorted = moments.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return table(
    ['At', 'What'],
    sorted.map(({ at, what }) => [clock(at), inline(what)]),
  );
}

/** Its judgements stand before its end, which they led to, often within the same millisecond. */
function stageMoments(state: ReleaseState, row: StageRow): readonly Moment[] {
  if (row.startedAt === null) return [];
  const judged = state.judgements.filter(({ stage }) => stage === row.name).map(judgedMoment);
  const ended =
    row.endedAt === null
      ? []
      : [{ at: row.endedAt, what: `Stage \`${row.name}\`: ${row.verdict}. ${row.summary}` }];
  return row.verdict === 'skipped'
    ? ended
    : [{ at: row.startedAt, what: `Stage \`${row.name}\` began` }, ...judged, ...ended];
}

function judgedMoment({ at, stage, verdict, weight, metrics }: Judgement): Moment {
  const facts = metrics.map(metricFact).join('; ') || 'no metric';
  const where = stage === 'canary' ? `Canary judged at ${weight} %` : 'Judged after promotion';
  return { at, what: `${where}: ${verdict}. ${facts}` };
}

function stageSection(row: StageRow): string {
  if (row.verdict === 'not-run') return '';
  const reason = row.reason ? ` (${code(row.reason)})` : '';
  const took = row.endedAt === null ? 'did not end' : `took ${between(row.startedAt, row.endedAt)}`;
  const lines = [
    `### Stage ${row.name}: ${VERDICT_WORDS[row.verdict].toLowerCase()}`,
    `${inline(sentence(row.summary || '–'))}${reason} It ${took}.`,
    evidenceBlock(row.evidence),
  ];
  return lines.filter((line) => line !== '').join('\n\n');
}
