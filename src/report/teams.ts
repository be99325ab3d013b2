import type { Decision } from '../release/decisions.js';
import type { Notice } from './notice.js';

const COLOURS: Readonly<Record<Decision, 'Good' | 'Warning' | 'Attention' | 'Default'>> = {
  promoted: 'Good',
  passed: 'Good',
  'nothing-to-do': 'Default',
  waiting: 'Default',
  paused: 'Default',
  blocked: 'Warning',
  'rolled-back': 'Warning',
  'rollback-pending': 'Attention',
  halted: 'Attention',
  'rollback-failed': 'Attention',
};

/** A message with one Adaptive Card, as a workflow of Teams takes it by its webhook; well under its 28 KB. */
export function teamsMessage(notice: Notice): object {
  return {
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card(notice) },
    ],
  };
}

function card({ decision, headline, summary, remedy, facts, links }: Notice): object {
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.5',
    fallbackText: unlinked(`${headline}: ${summary}`),
    msteams: { width: 'Full' },
    body: [
      { ...block(headline), size: 'Large', weight: 'Bolder', style: 'heading', color: COLOURS[decision] },
      block(summary),
      { type: 'FactSet', facts: facts.map(({ name, value }) => ({ title: name, value: unlinked(value) })) },
      block(`What to do: ${remedy}`),
    ],
    actions: links.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url })),
  };
}

function block(text: string): object {
  return { type: 'TextBlock', text: unlinked(text), wrap: true };
}

/** Cards read Markdown. A zero-width space keeps what others wrote from becoming a link with a label of their choice. */
function unlinked(text: string): string {
  return text.replaceAll('](', ']\u200B(');
}
