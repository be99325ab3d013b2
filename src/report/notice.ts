import type { Decision } from '../release/decisions.js';
import { REASONS } from '../release/reasons.js';
import type { ReleaseEnd } from './end.js';
import { plain } from './markdown.js';
import { needsPeople, situationOf } from './situation.js';

/** What a channel tells of an end: one line each, plain text, nothing in it escaped. */
export interface Notice {
  readonly decision: Decision;
  /** At most 150 characters. */
  readonly headline: string;
  /** At most 1,500 characters. */
  readonly summary: string;
  readonly remedy: string;
  /** At most five; values of at most 400 characters. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly links: readonly { readonly label: string; readonly url: string }[];
}

export function noticeOf(end: ReleaseEnd): Notice {
  const { headline, inService, traffic } = situationOf(end);
  const ask = needsPeople(end.decision) ? end.contacts.map(contactText).join('; ') : '';
  const facts = [
    ['In service', inService],
    ['Traffic', traffic],
    ['Reason', end.reason],
    ['Commit', end.sha ?? ''],
    ['Ask', ask],
  ] as const;
  return {
    decision: end.decision,
    headline: oneLine(headline, 150),
    summary: oneLine(end.summary, 1500) || REASONS[end.reason].why,
    remedy: oneLine(REASONS[end.reason].remedy, 400),
    facts: facts
      .map(([name, value]) => ({ name, value: oneLine(value, 400) }))
      .filter(({ value }) => value !== ''),
    links: linksOf(end),
  };
}

function contactText({ name, role, github, url }: ReleaseEnd['contacts'][number]): string {
  return [name, role === undefined ? '' : `(${role})`, github ?? '', url ?? '']
    .filter((part) => part !== '')
    .join(' ');
}

function linksOf({ links }: ReleaseEnd): Notice['links'] {
  const all = [
    { label: 'Run', url: links.run },
    { label: 'Report', url: links.report },
    { label: 'Ledger', url: links.ledger },
  ];
  return all.flatMap(({ label, url }) =>
    url !== null && URL.canParse(url) && url.length <= 1000 ? [{ label, url: new URL(url).href }] : [],
  );
}

/** The backticks around values are for Markdown, which these channels do not read. Cuts by UTF-16 units. */
export function oneLine(text: string, most: number): string {
  const line = plain(text.replaceAll('`', ''), most);
  return line.length <= most ? line : plain(line, Math.floor(most / 2));
}
