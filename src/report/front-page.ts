import type { Current } from '../release/current.js';
import type { ReleaseState } from '../release/state.js';
import { doraKeys } from './dora.js';
import type { Links } from './end.js';
import { code, inline, link, table } from './markdown.js';
import { between, moment } from './quantity.js';
import { inServiceText, trafficText } from './situation.js';

/** `README.md` of the ledger branch: what the branch is, where the service stands, the latest releases. */
export function frontPage(options: { state: ReleaseState; current: Current; links: Links }): string {
  const { state, current, links } = options;
  const { service, environment } = current;
  return `${[
    `# Releases of ${inline(service)} in ${inline(environment)}`,
    `This branch is the record of the releases of ${code(service)} in ${code(environment)} of ${link(repositoryName(links), links.repository)}. It holds no source code. The release action writes it by compare-and-swap: **do not edit, rebase or merge it.** A history that was rewritten stops the next release.`,
    '## Now',
    `Written when the release ${code(state.started.release)} ${state.ended ? 'ended' : 'started'}, ${moment(state.ended?.at ?? state.started.at)}.`,
    standing(state, current),
    '## Latest releases',
    latest(current),
    '## Delivery, from the releases above',
    table(
      ['Key', 'Value', 'How it is computed'],
      doraKeys(current.recent).map((key) => [key.name, key.value, key.how]),
    ),
    '## Files',
    '- `<release>/events.jsonl`: all that happened, one event a line, in order.\n- `<release>/report.md`: the same for people.\n- `current.json`: where the service stands, for the next run.',
  ].join('\n\n')}\n`;
}

function standing(state: ReleaseState, current: Current): string {
  const { last_promoted: last } = current;
  const ended = state.ended?.decision ?? null;
  const latestOne = current.recent[0];
  // The newest release speaks for the service; a page made on behalf of an older one must not.
  const speaks = !latestOne || Date.parse(latestOne.started) <= Date.parse(state.started.at);
  return [
    `- **Last promoted:** ${last ? `${code(last.version)} (${code(last.sha.slice(0, 7))}), ${moment(last.at)}` : 'nothing yet'}`,
    `- **In flight:** ${current.release ? code(current.release) : 'nothing'}`,
    ...(speaks
      ? [
          `- **In service:** ${inline(inServiceText(state, ended))}`,
          `- **Traffic:** ${inline(trafficText(state))}`,
        ]
      : []),
  ].join('\n');
}

function latest(current: Current): string {
  if (current.recent.length === 0) return 'None has ended yet.';
  const rows = current.recent.map((one) => [
    reportLink(one.release),
    code(one.version),
    code(one.sha.slice(0, 7)),
    one.decision,
    moment(one.started),
    between(one.started, one.ended),
  ]);
  return table(['Release', 'Version', 'Commit', 'Decision', 'Started', 'Took'], rows);
}

function reportLink(release: string): string {
  return /^[\w-]+$/.test(release) ? `[${release}](${release}/report.md)` : code(release);
}

function repositoryName(links: Links): string {
  return links.repository.split('/').slice(-2).join('/');
}
