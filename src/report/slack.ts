import type { Notice } from './notice.js';

const HEADER = 150;
const FIELD = 2000;
const TEXT = 3000;

/**
 * A message for an incoming webhook of Slack. What others wrote stands in `plain_text`, where nothing of it becomes
 * a mention, a link or formatting.
 */
export function slackMessage({ headline, summary, remedy, facts, links }: Notice): object {
  return {
    text: escaped(`${headline}: ${summary}`, TEXT),
    unfurl_links: false,
    blocks: [
      { type: 'header', text: words(headline, HEADER) },
      { type: 'section', text: words(summary, TEXT) },
      // Two columns: the name of a fact beside its value.
      {
        type: 'section',
        fields: facts.flatMap(({ name, value }) => [bold(name), words(value, FIELD)]),
      },
      { type: 'section', text: words(`What to do: ${remedy}`, TEXT) },
      ...(links.length === 0 ? [] : [{ type: 'context', elements: [linksText(links)] }]),
    ],
  };
}

function words(text: string, most: number): object {
  return { type: 'plain_text', text: escaped(text, most), emoji: false };
}

function bold(text: string): object {
  return { type: 'mrkdwn', text: `*${escaped(text, 100)}*`, verbatim: true };
}

function linksText(links: Notice['links']): object {
  const texts = links.map(({ label, url }) => `<${address(url)}|${escaped(label, 100)}>`);
  return { type: 'mrkdwn', text: texts.join(' · '), verbatim: true };
}

/** A bar or an angle bracket would end the address early. */
function address(url: string): string {
  return url.replace(/[|<>]/g, encodeURIComponent).replaceAll('&', '&amp;');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Escaped, and cut where it would grow beyond `most`, never within an entity or a pair of surrogates. */
function escaped(text: string, most: number): string {
  const parts = [...text].map((character) => ENTITIES[character] ?? character);
  if (parts.join('').length <= most) return parts.join('');
  let kept = '';
  for (const part of parts) {
    if (kept.length + part.length > most - 1) break;
    kept += part;
  }
  return `${kept}…`;
}
