import type { Decision } from '../../release/decisions.js';
import type { ReasonCode } from '../../release/reasons.js';
import { code, fitted, inline, plain, sentence } from '../markdown.js';
import type { Checked, CheckedService, Mend } from './checked.js';
import { previewOf } from './preview.js';

/** GitHub takes 65,535 characters for a check and 65,536 for a comment. */
const MOST_BYTES = 60_000;

export interface CheckPage {
  readonly decision: Extract<Decision, 'passed' | 'blocked'>;
  readonly reason: ReasonCode;
  /** One line of plain text. */
  readonly title: string;
  /** What stands against the change, one line each; a sentence when nothing does. Plain text. */
  readonly summary: string;
  /** All of it, as Markdown, the long lists folded: the comment. */
  readonly markdown: string;
  /** The same with nothing folded, for a file. */
  readonly runbook: string;
  readonly annotations: Mend['annotations'];
}

/** The one verdict on a change, for all services. Red only for what the change itself can mend. */
export function checkPage(checked: Checked): CheckPage {
  const mends = [...checked.broken, ...checked.services.flatMap((one) => one.mends)];
  const affected = checked.services.filter((one) => one.isAffected);
  const reasons = new Set(mends.map(({ reason }) => reason));
  const [first] = mends;
  const end =
    first === undefined
      ? ({ decision: 'passed', reason: affected.length === 0 ? 'not-affected' : 'change-passes' } as const)
      : ({ decision: 'blocked', reason: reasons.size === 1 ? first.reason : 'gates-shut' } as const);
  const title = titleOf(mends, affected);
  return {
    ...end,
    title: plain(title, 140),
    summary: mends.length === 0 ? title : mends.flatMap(({ lines }) => lines).join('\n'),
    markdown: fitted(markdownOf(checked, { title, mends, affected, folded: true }), MOST_BYTES),
    runbook: markdownOf(checked, { title, mends, affected, folded: false }),
    annotations: mends.flatMap(({ annotations }) => annotations),
  };
}

function titleOf(mends: readonly Mend[], affected: readonly CheckedService[]): string {
  const [first] = mends;
  if (first !== undefined) {
    const more = mends.length > 1 ? `, and ${mends.length - 1} more` : '';
    return `To mend in this change: ${first.lines[0] ?? ''}${more}`;
  }
  if (affected.length === 0) return 'No service is affected by this change';
  const gates = affected.flatMap((one) => one.gates.filter(({ state }) => state !== 'open'));
  const names = affected.map(({ service, environment }) => `${service}/${environment}`).join(', ');
  if (gates.length === 0) return `${names}: the change is fine, and could be released now`;
  const missing = [...new Set(gates.map(({ gate }) => gate))].join(', ');
  return `${names}: the change is fine; a release now would wait for ${missing}`;
}

interface About {
  readonly title: string;
  readonly mends: readonly Mend[];
  readonly affected: readonly CheckedService[];
  readonly folded: boolean;
}

function markdownOf(checked: Checked, { title, mends, affected, folded }: About): string {
  const others = checked.services.filter((one) => !one.isAffected);
  return [
    `## ${mends.length > 0 ? 'Gated Release: to mend' : 'Gated Release'}`,
    `**${inline(sentence(title))}**`,
    introduction(checked, { mends, affected }),
    ...checked.broken.map(({ lines }) => lines.map((line) => `- ${inline(line)}`).join('\n')),
    ...checked.left.map((line) => `> ${inline(sentence(line))}`),
    ...affected.map((one) => previewOf(one, { folded })),
    ...(others.length > 0
      ? [
          `Not affected: ${others.map(({ service, environment }) => code(`${service}/${environment}`)).join(', ')}.`,
        ]
      : []),
  ].join('\n\n');
}

/** For somebody who sees such a page for the first time. */
function introduction({ head }: Checked, { mends, affected }: Pick<About, 'mends' | 'affected'>): string {
  const waits = affected.some(({ gates }) => gates.some(({ state }) => state !== 'open'));
  const sentences = [
    ...(affected.length > 0
      ? [
          'Below: what a release of this change would wait for, what it would do, and how it would go back, as the plan says.',
        ]
      : []),
    ...(waits && mends.length === 0 ? ['Waiting does not keep the change from being merged.'] : []),
    `Looked at ${code(head.slice(0, 7))}; nothing of the change was run.`,
  ];
  return sentences.join(' ');
}
