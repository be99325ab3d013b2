import { REASONS } from '../release/reasons.js';
import type { ReleaseState } from '../release/state.js';
import { stepsTable, watchTable, weightsTable } from './canary-tables.js';
import type { ReleaseEnd } from './end.js';
import { evidenceOf } from './evidence-table.js';
import { code, evidenceBlock, fitted, inline, link, sentence, table } from './markdown.js';
import { mermaidOf } from './mermaid.js';
import { between } from './quantity.js';
import { replaySection } from './replay.js';
import { commandsLeft, filesTouched, rollbackSteps } from './rollback-text.js';
import { needsPeople, situationOf } from './situation.js';
import { stageRows, tellingFact, verdictMark } from './stage-row.js';
import { suitesTable } from './verification.js';

/** A step's summary may have 1 MiB; a larger one is not shown at all. */
const MOST_BYTES = 900_000;

/** The job summary, in Markdown. Its first lines are enough for someone who has just been woken. */
export function summaryOf(end: ReleaseEnd): string {
  const sections = [
    heading(end),
    why(end),
    contacts(end),
    replaySection(end),
    end.state ? rollback(end.state, end.links.repository) : '',
    end.state ? stages(end.state) : '',
    end.state ? verification(end.state) : '',
    end.state ? canary(end.state, mermaidOf(end.state)) : '',
    end.state ? watch(end.state) : '',
    end.state ? stageEvidence(end.state) : '',
    permissions(end),
    notes(end),
    links(end),
  ];
  return fitted(`${sections.filter((section) => section !== '').join('\n\n')}\n`, MOST_BYTES);
}

/** The three facts and the headline, also used by the report in the ledger. */
export function heading(end: ReleaseEnd, level = '##'): string {
  const { headline, inService, traffic, toDo } = situationOf(end);
  return [
    `${level} ${inline(headline)}`,
    `- **In service now:** ${inline(inService)}`,
    `- **Traffic:** ${inline(traffic)}`,
    `- **What to do:** ${inline(toDo)}`,
  ].join('\n');
}

export function why(end: ReleaseEnd): string {
  const [first = '', ...more] = end.summary.split('\n');
  const lines = [
    `**Why:** ${inline(sentence(first || REASONS[end.reason].why))} (${code(end.reason)})`,
    // Several problems at once come as one line each, and each must be readable by itself.
    ...(more.length > 0 ? [evidenceBlock(more)] : []),
  ];
  const failing = end.state?.failing;
  if (failing && !end.summary.includes(failing.summary)) {
    lines.push(
      `**First cause:** ${inline(sentence(failing.summary || REASONS[failing.reason].why))} (${code(failing.reason)})`,
    );
  }
  return lines.join('\n\n');
}

/** The stages as a table. */
export function stages(state: ReleaseState): string {
  const rows = stageRows(state, true).map((row) => [
    code(row.name),
    verdictMark(row.verdict),
    inline(row.name === 'canary' ? tellingFact(state, row) : row.summary),
    between(row.startedAt, row.endedAt),
  ]);
  return `### Stages\n\n${table(['Stage', 'Verdict', 'Found', 'Took'], rows)}`;
}

/** What the suites found; empty when none left more than its exit code. */
export function verification(state: ReleaseState): string {
  const suites = suitesTable(state);
  return suites && `### Verification\n\n${suites}`;
}

export function rollback(state: ReleaseState, repository: string): string {
  if (!state.stages.rollback) return '';
  const parts = [
    '### Rollback',
    rollbackSteps(state, repository),
    commandsLeft(state),
    filesTouched(state, 20),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The canary's numbers, with a picture of them in front; empty when there was no canary. */
export function canary(state: ReleaseState, picture: string): string {
  const parts = [picture, stepsTable(state), evidenceOf(state, 'canary'), weightsTable(state)].filter(
    (part) => part !== '',
  );
  return parts.length === 0 ? '' : ['### Canary', ...parts].join('\n\n');
}

export function watch(state: ReleaseState): string {
  const judged = watchTable(state);
  return (
    judged &&
    `### Watch after promotion\n\n${[judged, evidenceOf(state, 'promote')].filter((part) => part !== '').join('\n\n')}`
  );
}

/** The evidence of the stages that did not pass; that of the others is in their checks and in the report. */
function stageEvidence(state: ReleaseState): string {
  return stageRows(state, true)
    .filter((row) => row.verdict !== 'passed' && row.verdict !== 'skipped' && row.evidence.length > 0)
    .map((row) => `### Evidence of ${row.name}\n\n${evidenceBlock(row.evidence)}`)
    .join('\n\n');
}

function contacts(end: ReleaseEnd): string {
  if (!needsPeople(end.decision) || end.contacts.length === 0) return '';
  const rows = end.contacts.map(({ name, role, github, url }) => [
    inline(name),
    role ? inline(role) : '–',
    github ? code(github) : '–',
    url ? link(url.replace(/^https?:\/\//, ''), url) : '–',
  ]);
  return `### Who to call\n\n${table(['Name', 'For', 'GitHub', 'How'], rows)}`;
}

function permissions(end: ReleaseEnd): string {
  if (end.permissions.length === 0) return '';
  const rows = end.permissions.map(({ permission, effect }) => [code(permission), inline(effect)]);
  return `### Missing permissions\n\n${table(['Permission', 'What was left out'], rows)}`;
}

function notes(end: ReleaseEnd): string {
  return end.notes.length === 0 ? '' : `### Notes\n\n${evidenceBlock(end.notes)}`;
}

function links(end: ReleaseEnd): string {
  const { run, ledger, report, repository } = end.links;
  const parts = [
    ...(report ? [link('full report', report)] : []),
    ...(ledger ? [link('ledger', ledger)] : []),
    link('run', run),
    ...(end.sha ? [link(`commit ${end.sha.slice(0, 7)}`, `${repository}/commit/${end.sha}`)] : []),
  ];
  const release = end.state ? `Release ${code(end.state.started.release)}: ` : '';
  return `${release}${parts.join(' · ')}`;
}
