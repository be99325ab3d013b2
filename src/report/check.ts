import { STAGE_NAMES, type StageName } from '../release/events.js';
import { REASONS } from '../release/reasons.js';
import { effectBegun, type ReleaseState } from '../release/state.js';
import { stepsTable, watchTable, weightsTable } from './canary-tables.js';
import type { Links } from './end.js';
import { evidenceOf } from './evidence-table.js';
import { code, evidenceBlock, inline, link, plain, sentence } from './markdown.js';
import { commandsLeft, filesTouched, rollbackSteps } from './rollback-text.js';
import { type StageRow, stageRow, tellingFact, VERDICT_WORDS } from './stage-row.js';
import { annotationsOf, type CheckAnnotation, suitesTable } from './verification.js';

export interface CheckText {
  /** One line of plain text. */
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
  /** Markdown; absent when there is no evidence. */
  readonly text?: string;
  /** Absent when nothing has a place in the repository. */
  readonly annotations?: readonly CheckAnnotation[];
}

const LONGEST_TITLE = 140;

/** What the status check of one stage says. */
export function checkOf(options: { state: ReleaseState; stage: StageName; links: Links }): CheckText {
  const { state, stage, links } = options;
  const row = stageRow(state, stage, state.ended !== null);
  const found = row.summary === '' ? '' : `: ${inline(sentence(row.summary))}`;
  const text = evidenceBlock(row.evidence);
  const annotations = stage === 'verify' ? annotationsOf(state) : [];
  return {
    title: titleOf(state, row),
    summary: paragraphs([
      `**Asked:** ${questionOf(state, stage)}`,
      `**Found:** ${VERDICT_WORDS[row.verdict]}${found || '.'}`,
      `**Next:** ${nextOf(state, row)}`,
      remedyOf(row),
      details(state, stage, links),
      linksLine(state, links),
    ]),
    ...(text === '' ? {} : { text }),
    ...(annotations.length === 0 ? {} : { annotations }),
  };
}

function titleOf(state: ReleaseState, row: StageRow): string {
  const fact = tellingFact(state, row);
  const title = fact === '' ? VERDICT_WORDS[row.verdict] : `${VERDICT_WORDS[row.verdict]}: ${fact}`;
  return plain(wholeSentences(title, LONGEST_TITLE), LONGEST_TITLE);
}

/** The sentences that fit; a text whose first one does not fit stays as it is. */
function wholeSentences(text: string, most: number): string {
  if (text.length <= most) return text;
  return /^.*\.(?= [A-Z])/s.exec(text.slice(0, most + 2))?.[0] ?? text;
}

function questionOf(state: ReleaseState, stage: StageName): string {
  const { version, sha, environment, service, previous, steps } = state.started;
  const what = `${code(service)} ${code(version)} (${code(sha.slice(0, 7))})`;
  const weights = steps.map((weight) => `${weight} %`).join(', ');
  const questions: Readonly<Record<StageName, string>> = {
    plan: `May ${what} be released to ${code(environment)} now, and can the plan be carried out?`,
    verify: `Does ${what} pass every verification suite of the plan?`,
    backup: 'Was a backup taken, restored into an empty place, and found identical?',
    canary: `Does ${what} hold its limits${weights ? ` at ${weights} of the traffic` : ''}?`,
    promote: `Is ${what} in service for everyone, read back, and does it hold while it is watched?`,
    rollback: `Is everything as it was before: all traffic and ${previous ? code(previous.version) : 'the old version'} back?`,
  };
  return questions[stage];
}

function nextOf(state: ReleaseState, row: StageRow): string {
  if (state.ended) {
    const why = state.ended.summary === row.summary ? '' : ` ${inline(sentence(state.ended.summary))}`;
    return `The release has ended as ${code(state.ended.decision)}.${why}`;
  }
  if (row.verdict === 'running' || row.verdict === 'not-run') return 'The verdict, when the stage has run.';
  if (row.name === 'rollback') {
    return row.verdict === 'passed' ? 'The release ends as rolled back.' : 'A person is needed now.';
  }
  if (row.verdict === 'passed' || row.verdict === 'skipped') return followingOf(row.name);
  return effectBegun(state)
    ? 'The release goes back: all traffic first, then the old version, then the commit.'
    : 'The release stops here. Nothing was moved.';
}

function followingOf(stage: StageName): string {
  const next = STAGE_NAMES[STAGE_NAMES.indexOf(stage) + 1];
  return next === undefined || next === 'rollback' ? 'The release is complete.' : `The stage ${code(next)}.`;
}

function remedyOf(row: StageRow): string {
  return row.reason === null || row.verdict === 'passed' || row.verdict === 'skipped'
    ? ''
    : `**What to do** (${code(row.reason)}): ${inline(REASONS[row.reason].remedy)}`;
}

function details(state: ReleaseState, stage: StageName, links: Links): string {
  if (stage === 'canary') {
    const weights = weightsTable(state);
    return paragraphs([
      stepsTable(state),
      evidenceOf(state, 'canary'),
      weights && `**Weights over time** (UTC)\n\n${weights}`,
    ]);
  }
  if (stage === 'verify') return suitesTable(state);
  if (stage === 'promote') return paragraphs([watchTable(state), evidenceOf(state, 'promote')]);
  if (stage !== 'rollback' || !state.stages.rollback) return '';
  return paragraphs([
    state.failing ? `**Why:** ${inline(state.failing.summary)} (${code(state.failing.reason)})` : '',
    rollbackSteps(state, links.repository),
    commandsLeft(state),
    filesTouched(state),
  ]);
}

function linksLine(state: ReleaseState, links: Links): string {
  const parts = [
    link('run', links.run),
    ...(links.report ? [link('report', links.report)] : []),
    ...(links.ledger ? [link('ledger', links.ledger)] : []),
  ];
  return `Release ${code(state.started.release)}: ${parts.join(' · ')}`;
}

function paragraphs(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
