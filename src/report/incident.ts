import type { ReleaseState } from '../release/state.js';
import type { ReleaseEnd } from './end.js';
import { code, fence, fitted, inline, link, sentence, table } from './markdown.js';
import { commandsLeft, filesTouched, rollbackSteps } from './rollback-text.js';
import { situationOf } from './situation.js';
import { canary, stages } from './summary.js';

const MOST_BYTES = 60_000;

export interface IncidentText {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** Decisions that people must hear of in an issue of their own. A person who cancelled knows already. */
export function isIncident(end: Pick<ReleaseEnd, 'decision' | 'reason' | 'state'>): boolean {
  if (['rollback-failed', 'rollback-pending', 'halted'].includes(end.decision)) return true;
  if (end.decision !== 'rolled-back' || end.reason === 'superseded') return false;
  const quiet = end.reason === 'cancelled' || end.reason === 'rollback-asked';
  return !quiet || end.state?.rollbackCommit?.result === 'incident';
}

/** The incident of one release: what is so now, what was done, what is left to people, and the evidence. */
export function incidentText(end: ReleaseEnd): IncidentText {
  const { service, environment, version, state, links } = end;
  const { inService, traffic, toDo } = situationOf(end);
  const made = state?.rollbackCommit;
  const parts = [
    `**In service now:** ${inService}\n**Traffic:** ${traffic}\n**What to do:** ${toDo}`,
    `**Why:** ${inline(sentence(end.summary))} (${code(end.reason)})`,
    made?.url
      ? `**The rollback waits here:** ${link(made.result === 'pull-request' ? 'the pull request' : 'the branch', made.url)}`
      : '',
    contacts(end),
    state ? `### What was done\n\n${rollbackSteps(state, links.repository)}` : '',
    state ? filesTouched(state) : '',
    state ? commandsLeft(state) : '',
    state ? dataBackups(state) : '',
    state ? stages(state) : '',
    state ? canary(state, '') : '',
    state ? comesBack(end) : '',
    `The record: ${links.report ? link('report', links.report) : 'none'}, ${link('run', links.run)}.`,
  ];
  return {
    title: `${service} ${version ?? ''} in ${environment}: ${end.decision}`,
    body: fitted(`${parts.filter((part) => part !== '').join('\n\n')}\n`, MOST_BYTES),
  };
}

function contacts({ contacts: people }: ReleaseEnd): string {
  if (people.length === 0) return '';
  const rows = people.map(({ name, role, github, url }) => [
    inline(name),
    inline(role ?? ''),
    github ? code(github) : '',
    url ? code(url) : '',
  ]);
  return `### Who to call\n\n${table(['Name', 'For', 'GitHub', 'How'], rows)}`;
}

/** How the data comes back by hand; a person decides, since what was written since is lost then. The good one first. */
function dataBackups({ started, backups }: ReleaseState): string {
  const saved = backups.map(({ taken_at: takenAt, ...backup }) => ({ ...backup, takenAt }));
  if (started.kind === 'release') return backupsText('The data as it was before', saved);
  const parts = [
    backupsText(
      `The data as it was before the release ${started.data?.release ?? ''}`,
      started.data?.backups ?? [],
    ),
    backupsText(
      'The data as it was when this rollback began: the SPOILED state, kept for what only it has',
      saved,
    ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

interface Backup {
  readonly source: string;
  readonly kind: string;
  readonly takenAt: string;
  readonly proved?: string;
  readonly restore?: string | undefined;
}

function backupsText(heading: string, backups: readonly Backup[]): string {
  const each = backups.flatMap(({ source, kind, takenAt, proved, restore }) => {
    if (restore === undefined) return [];
    const proof = proved === undefined ? '' : `, proved ${proved}`;
    return [
      `${code(source)} (${inline(kind)}), taken at ${takenAt}${proof}:\n\n${fence(restore.split('\n'), 'bash')}`,
    ];
  });
  if (each.length === 0) return '';
  return `### ${heading}\n\nThese commands restore it into a new place beside the live data, and change nothing else. What was written after it was taken is not in it.\n\n${each.join('\n\n')}`;
}

/** The change is in quarantine from now on; this is how it leaves. */
function comesBack({ state }: ReleaseEnd): string {
  const commit = state?.rollbackCommit?.result === 'done' ? state.rollbackCommit.commit : null;
  const release = state?.started.release ?? '';
  const revert = commit ? `\`git revert ${commit}\`, mended, and ` : '';
  return `### How the change comes back\n\nUntil then every commit that contains it is refused. Release ${revert}a commit whose message says \`Fixes-Release: ${release}\`.`;
}
