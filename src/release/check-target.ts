import { PREVIEW_MARKER } from '../github/contract.js';
import { ReleaseProblem } from './problem.js';
import type { RunContext } from './trigger.js';

/** What a check looks at, as the event names it. */
export type CheckTarget =
  | { readonly kind: 'pull'; readonly number: number }
  | {
      readonly kind: 'group';
      readonly head: string;
      readonly base: string;
      /** The branch that the group is to be merged into; null when the event names none. */
      readonly branch: string | null;
      /** The pull request that the group's own branch is named after: the last one in it. */
      readonly last: number | null;
    }
  /** `why`: a sentence without its full stop. */
  | { readonly kind: 'nothing'; readonly why: string };

/** Throws a `ReleaseProblem` when the event names no change. */
export function checkTarget({ event, payload }: RunContext): CheckTarget {
  switch (event) {
    case 'pull_request':
    case 'pull_request_target':
    case 'pull_request_review':
      return pull(at(payload, 'pull_request', 'number'), event);
    case 'issue_comment':
      if (at(payload, 'issue', 'pull_request') === undefined)
        return { kind: 'nothing', why: 'the comment is on an issue, not on a pull request' };
      if (isPreview(payload))
        return { kind: 'nothing', why: 'the comment is the preview that the check itself wrote' };
      return pull(at(payload, 'issue', 'number'), event);
    case 'merge_group': {
      const [head, base] = [at(payload, 'merge_group', 'head_sha'), at(payload, 'merge_group', 'base_sha')];
      if (!isSha(head) || !isSha(base)) throw unsupported('the event merge_group names no commits');
      const branch = /^refs\/heads\/(.+)$/.exec(text(at(payload, 'merge_group', 'base_ref')))?.[1] ?? null;
      return {
        kind: 'group',
        head,
        base,
        branch,
        last: lastOf(text(at(payload, 'merge_group', 'head_ref'))),
      };
    }
    default:
      throw unsupported(
        `the event ${event} names no change; \`command: check\` works on pull_request, pull_request_review, issue_comment and merge_group`,
      );
  }
}

/**
 * A check that answered to its own comment would never end where a token is used whose comments start workflows. One
 * that was another comment before counts: it may have been a sign-off.
 */
function isPreview(payload: unknown): boolean {
  const texts = [at(payload, 'comment', 'body')];
  if (at(payload, 'action') === 'edited') texts.push(at(payload, 'changes', 'body', 'from'));
  return at(payload, 'action') !== 'deleted' && texts.every((body) => text(body).includes(PREVIEW_MARKER));
}

/** `refs/heads/gh-readonly-queue/main/pr-7-<sha>` */
function lastOf(ref: string): number | null {
  const number = /^refs\/heads\/gh-readonly-queue\/.+\/pr-([1-9]\d{0,8})-[0-9a-f]{40}$/.exec(ref)?.[1];
  return number === undefined ? null : Number(number);
}

function pull(number: unknown, event: string): CheckTarget {
  if (typeof number === 'number' && Number.isInteger(number) && number > 0) return { kind: 'pull', number };
  throw unsupported(`the event ${event} names no pull request`);
}

function isSha(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function unsupported(message: string): ReleaseProblem {
  return new ReleaseProblem('unsupported-event', message);
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[key] : undefined,
    value,
  );
}
