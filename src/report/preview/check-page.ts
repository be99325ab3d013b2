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
  /** All of it, as Markdown: the comment, and the runbook. */
  readonly markdown: string;
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
    markdown: fitted(markdownOf(checked, { title, mends, affected }), MOST_BYTES),
    annotations: mends.flatMap(({ annotations }) => annotations),
  };
}

function titleOf(mends: readonly Mend[], affected: readonly CheckedService[]): string {
  const [first] = mends;
  if (first !== undefined) {
    const more = mends.length > 1 ? `, and ${mends.length - 1} more` : '';
    return `To mend here: ${first.lines[0] ?? ''}${more}`;
  }
  if (affected.length === 0) return 'No service is affected by this change';
  const gates = affected.flatMap((one) => one.gates.filter(({ state }) => state !== 'open'));
  const names = affected.map(({ service, environment }) => `${service}/${environment}`).join(', ');
  if (gates.length === 0) return `${names} could be released`;
  const missing = [...new Set(gates.map(({ gate }) => gate))].join(', ');
  return `${names}: nothing to mend here; a release now would wait for ${missing}`;
}

function markdownOf(
  checked: Checked,
  { title, mends, affected }: { title: string; mends: readonly Mend[]; affected: readonly CheckedService[] },
): string {
  const others = checked.services.filter((one) => !one.isAffected);
  return [
    `## ${mends.length > 0 ? 'Gated Release: to mend' : 'Gated Release'}`,
    inline(sentence(title)),
    ...checked.broken.map(({ lines }) => lines.map((line) => `- ${inline(line)}`).join('\n')),
    ...affected.map(previewOf),
    ...(others.length > 0
      ? [
          `Not affected: ${others.map(({ service, environment }) => code(`${service}/${environment}`)).join(', ')}.`,
        ]
      : []),
    `Looked at ${code(checked.head.slice(0, 7))}. Nothing of the change was run for this.`,
  ].join('\n\n');
}
