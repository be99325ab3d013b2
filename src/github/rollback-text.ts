import type { RollbackRequest } from './contract.js';
import type { Conflict } from './merge.js';
import { cutMarkdown } from './text.js';

/** GitHub takes 65,536 characters. */
const BODY_BYTES = 65_000;
const NAMED_FILES = 100;

/** What a rollback leaves as it is although it came with the release. */
export interface LeftOut {
  readonly left: readonly string[];
}

/** The message of the commit: why, what was seen, what it leaves, how the change comes back, and the trailers. */
export function commitMessage(request: RollbackRequest, { left }: LeftOut): string {
  const { title, body, evidence = '' } = request;
  const kept =
    left.length === 0
      ? ''
      : `Left as they are, since a token may not write workflow files: ${left.join(', ')}`;
  return paragraphs([title, body, evidence, kept, comesBack(request), rollbackTrailers(request).join('\n')]);
}

/** What marks the rollback commit of a release; `Gated-Release` is what it is found by. */
export function rollbackTrailers({
  release,
  from,
  to,
}: Pick<RollbackRequest, 'release' | 'from' | 'to'>): readonly string[] {
  return [`Gated-Release: ${release}`, `Rolls-Back: ${from}..${to}`];
}

/** How the change comes back, as the commit of the rollback says it. */
export function comesBack(request: RollbackRequest): string {
  const last = 'To bring the change back once it is mended, revert this commit and mend it on top:';
  return `${last}\n\n    ${revertCommand(request)}`;
}

/** The branch that a pull request of a rollback comes from. */
export function rollbackBranch({ release }: Pick<RollbackRequest, 'release'>): string {
  return `gated-rollback/${release}`;
}

/** The body of the pull request. It ends in the trailers too, which a squash then carries over. */
export function pullRequestBody(
  request: RollbackRequest,
  of: LeftOut & {
    readonly why: string;
    readonly files: readonly string[];
    readonly conflicts: readonly Conflict[];
  },
): string {
  const { body, evidence = '', branch, from } = request;
  const text = paragraphs([
    body,
    evidence,
    `**Why a pull request:** ${sentence(of.why)}`,
    `**What waits:** ${sentence(waitsOn(request))} Until then "${branch}" still names the released commit ${from}, and ` +
      'the next deployment from it brings the change back.',
    of.conflicts.length === 0
      ? ''
      : `**These files need a choice before it can be merged:**\n\n${list(
          of.conflicts.map(({ path, why }) => `\`${path}\` ${why}`),
        )}`,
    of.files.length === 0 ? '' : `**What goes back:**\n\n${list(of.files.map((path) => `\`${path}\``))}`,
    of.left.length === 0
      ? ''
      : `**What stays, since a token may not write workflow files:**\n\n${list(of.left.map((path) => `\`${path}\``))}`,
    '**How the change comes back:** once this is merged and the change is mended, revert the rollback and mend it on ' +
      `top:\n\n\`\`\`bash\n${revertCommand(request)}\n\`\`\``,
  ]);
  return `${cutMarkdown(text, BODY_BYTES)}\n\n${rollbackTrailers(request).join('\n')}`;
}

/** What has to happen before the rollback is on the branch, and who is asked. */
export function waitsOn({ branch, contacts = [] }: RollbackRequest): string {
  const asked = contacts.length === 0 ? '' : `: ${contacts.join(', ')}`;
  return `somebody who may merge into "${branch}" has to merge it${asked}`;
}

function revertCommand({ release, branch }: RollbackRequest): string {
  return `git revert --no-edit "$(git log -1 --format=%H --grep='^Gated-Release: ${release}$' 'origin/${branch}')"`;
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

function list(lines: readonly string[]): string {
  const more = lines.length > NAMED_FILES ? [`and ${lines.length - NAMED_FILES} more`] : [];
  return [...lines.slice(0, NAMED_FILES), ...more].map((line) => `- ${line}`).join('\n');
}

function paragraphs(texts: readonly string[]): string {
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .join('\n\n');
}
