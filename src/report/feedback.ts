import type { Verified } from '../release/events.js';
import type { ReleaseState } from '../release/state.js';
import type { Links } from './end.js';
import { code, fitted, inline, link, sentence } from './markdown.js';
import { suitesTable } from './verification.js';

const MOST_BYTES = 60_000;
const MOST_LISTED = 50;

export interface FeedbackText {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** What the issue says while a verification does not pass: what is wrong, where, and what ends it. */
export function feedbackText(state: ReleaseState, links: Links): FeedbackText {
  const { service, environment, version, sha } = state.started;
  const bad = state.verified.filter(({ verdict }) => verdict !== 'passed');
  const commit = link(sha.slice(0, 7), `${links.repository}/commit/${sha}`);
  const parts = [
    `${code(service)} ${code(version)} (${commit}) was not released to ${code(environment)}: its verification does not pass. Nothing was moved.`,
    ...bad.map((one) => `**${code(one.suite)}** ${inline(sentence(one.summary))}`),
    suitesTable(state),
    findings({ bad, sha, repository: links.repository }),
    `The whole of it is in the ${link('run', links.run)}${links.report ? ` and in the ${link('report', links.report)}` : ''}.`,
    'This issue is brought up to date by each further release that does not pass, and closed by the first that does.',
  ];
  return {
    title: `${service} in ${environment}: verification does not pass`,
    body: fitted(`${parts.filter((part) => part !== '').join('\n\n')}\n`, MOST_BYTES),
  };
}

/** Files that people have to look at; empty when the reports name none. */
export function filesConcerned({ verified }: ReleaseState): readonly string[] {
  const bad = verified.filter(({ verdict }) => verdict !== 'passed').flatMap(({ findings: found }) => found);
  const failing = bad.filter(({ level }) => level === 'failure');
  return [...new Set(failing.flatMap(({ path }) => path ?? []))];
}

function findings(of: {
  readonly bad: readonly Verified[];
  readonly sha: string;
  readonly repository: string;
}): string {
  const failing = of.bad.flatMap((one) => one.findings).filter(({ level }) => level === 'failure');
  if (failing.length === 0) return '';
  const lines = failing.slice(0, MOST_LISTED).map(({ path, line, title, message }) => {
    const first = message.split('\n').find((text) => text.trim() !== '') ?? '';
    return `- ${place({ ...of, path, line })}**${inline(title, 200)}**: ${inline(first, 300)}`;
  });
  const more = failing.length > MOST_LISTED ? [`- and ${failing.length - MOST_LISTED} more`] : [];
  return ['### What to mend', '', ...lines, ...more].join('\n');
}

function place(of: {
  readonly path: string | null;
  readonly line: number | null;
  readonly sha: string;
  readonly repository: string;
}): string {
  if (of.path === null) return '';
  const encoded = of.path.split('/').map(encodeURIComponent).join('/');
  const at = of.line === null ? '' : `#L${of.line}`;
  const label = of.line === null ? of.path : `${of.path}:${of.line}`;
  return `${link(label, `${of.repository}/blob/${of.sha}/${encoded}${at}`)} `;
}
