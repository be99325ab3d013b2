import type { GateVerdict } from '../../gates/verdict.js';
import { lengthOf } from '../../plan/length.js';
import { standingAt } from '../../plan/windows/standing.js';
import { latestText, spanText, standingText } from '../../plan/windows/words.js';
import { code, inline, link, sentence, table } from '../markdown.js';
import type { CheckedService } from './checked.js';
import { releaseSteps, stepList } from './steps.js';
import { rollbackSteps } from './way-back.js';

/**
 * The runbook of one service in one environment: what its release will do, and what it will wait for. `folded`: the
 * long lists are closed at first, for a comment among others.
 */
export function previewOf(checked: CheckedService, { folded = false } = {}): string {
  const { plan } = checked;
  const part = folded ? foldedPart : openPart;
  const parts = [
    `### ${code(checked.service)} to ${code(checked.environment)}`,
    must(checked),
    ...(plan === null ? [] : [facts(checked), waits(checked)]),
    changes(checked),
    ...(plan === null
      ? []
      : [
          part('What the release does, step by step', stepList(releaseSteps(plan))),
          part(
            'How it goes back',
            `${wayBack(checked)}\n\n${stepList(rollbackSteps(plan, checked.lastPromoted))}`,
          ),
          contacts(checked),
        ]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function openPart(title: string, text: string): string {
  return `#### ${title}\n\n${text}`;
}

function foldedPart(title: string, text: string): string {
  return `<details><summary><b>${title}</b></summary>\n\n${text}\n\n</details>`;
}

function must({ mends, loosened, agreedBy }: CheckedService): string {
  const agreed =
    loosened.length > 0 && agreedBy !== null
      ? [
          `The plan asks for less than before, and ${inline(agreedBy)} agreed: ${loosened.map((one) => inline(one)).join('; ')}.`,
        ]
      : [];
  const asked = mends.map(({ lines: [first = '', ...more] }) =>
    [
      `**This change must mend:** ${inline(sentence(first))}`,
      ...more.map((line) => `- ${inline(line)}`),
    ].join('\n'),
  );
  return [...asked, ...agreed].join('\n\n');
}

function facts({ plan, lastPromoted, now, source, isNew, isBare }: CheckedService): string {
  if (plan === null) return '';
  const { waitsMs, atMostMs } = lengthOf(plan);
  const least = waitsMs === 0 ? 'as long as its scripts take' : `at least ${spanText(waitsMs)}`;
  const before = lastPromoted
    ? `${code(lastPromoted.version)} (${code(lastPromoted.sha.slice(0, 7))}), to which it would go back`
    : plan.inService
      ? 'what `in-service` answers when it starts, to which it would go back; this action has promoted nothing here yet'
      : 'nothing that this action promoted, and no `in-service` tells a version, so that there is no way back';
  const start =
    plan.window === null
      ? 'at any time'
      : inline(
          `${standingText(plan.window, standingAt(plan.window, now), now)}${latestText(plan.window, { now, neededMs: atMostMs })}`,
        );
  return [
    `- **Plan:** ${code(source)}${isNew ? ', new with this change' : ''}${isBare ? '; **no gate holds here**, though other environments of this plan have gates' : ''}`,
    `- **When it could start:** ${start}`,
    `- **How long:** ${least}; at most ${spanText(atMostMs)}, if every timeout runs out`,
    `- **What it replaces:** ${before}`,
  ].join('\n');
}

/** What is not open yet, and who can open it; what is only known at the start is named, too. */
function waits({ gates, later, added }: CheckedService): string {
  const missing = gates.filter(({ state }) => state !== 'open');
  const open = gates.filter(({ state }) => state === 'open');
  const rows = missing.map((verdict) => [code(verdict.gate), found(verdict), inline(verdict.opens ?? '')]);
  return [
    missing.length === 0
      ? 'Nothing stands against its release now.'
      : `#### What it would wait for now\n\n${table(['Gate', 'What was found', 'What opens it'], rows)}`,
    ...(open.length > 0
      ? [`Open already: ${open.map(({ gate, text }) => `${code(gate)} (${inline(text)})`).join(', ')}.`]
      : []),
    ...(added.length > 0
      ? [
          `By its plan as the change leaves it, a release after the merge also waits for: ${added.map((one) => inline(one)).join(', ')}.`,
        ]
      : []),
    ...(later.length > 0
      ? [`Looked at when the release starts: ${later.map((one) => inline(one)).join(', ')}.`]
      : []),
  ].join('\n\n');
}

function found({ text, evidence }: GateVerdict): string {
  const particulars = evidence.length > 0 ? ` (${evidence.join('; ')})` : '';
  return inline(sentence(`${text}${particulars}`), 1200);
}

function changes({ changes: changed, isNew }: CheckedService): string {
  if (changed.length === 0 || isNew) return '';
  const rows = changed.map(({ path, before, after }) => [
    code(path),
    before === null ? '–' : code(before),
    after === null ? '–' : code(after),
  ]);
  return `#### What changes in the plan\n\n${table(['Key', 'Before', 'After'], rows)}`;
}

function wayBack({ irreversible: files }: CheckedService): string {
  if (files.length === 0) return 'When a step, a measurement or the watch fails, or somebody asks for it:';
  const named = files
    .slice(0, 3)
    .map((file) => code(file))
    .join(', ');
  const more = files.length > 3 ? ` and ${files.length - 3} more` : '';
  return `**It cannot be taken back:** the change touches ${named}${more}. Before promotion its traffic goes to 0; after it nothing moves, and people are told. Otherwise:`;
}

function contacts({ plan }: CheckedService): string {
  if (plan === null || plan.contacts.length === 0) return '';
  const rows = plan.contacts.map(({ name, role, github, url }) => [
    inline(name),
    role ? inline(role) : '–',
    // As code: a preview is brought up to date many times, and must not call anybody.
    github ? code(github) : '–',
    url ? link(url.replace(/^https?:\/\//, ''), url) : '–',
  ]);
  return `#### Who to call\n\n${table(['Name', 'For', 'GitHub', 'How'], rows)}`;
}
