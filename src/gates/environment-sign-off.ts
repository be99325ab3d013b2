import type { ReleasedCommit } from '../github/contract.js';
import type { Approval } from '../plan/gate-keys.js';
import type { Judged, SignOff, SignOffFacts } from './sign-off-facts.js';
import { open, waiting } from './verdict.js';

const MOST_NAMED = 3;

/** Commits that no pull request brought in: a reviewer of GitHub's environment let this very run go. */
export function environmentSignOff(approvals: readonly Approval[], facts: SignOffFacts): readonly Judged[] {
  const { direct, runApprovals, environment, actor, sha } = facts;
  if (direct.length === 0 || approvals.length === 0) return [];
  const isSelfAllowed = approvals.every(({ self }) => self);
  const makers = direct.flatMap(({ author, committer }) => [author, committer]);
  const selves = new Set([actor, ...makers].flatMap((by) => (by === null ? [] : [by.toLowerCase()])));
  const here = (runApprovals ?? []).filter(
    ({ state, environments }) =>
      state === 'approved' && environments.some((name) => name.toLowerCase() === environment.toLowerCase()),
  );
  const reviewers = here.flatMap(({ by }) => (by === null ? [] : [by]));
  // An author whom GitHub does not know could be any of the reviewers.
  const unnamed = isSelfAllowed ? [] : direct.filter(({ author }) => author === null);
  const counted = reviewers.filter(
    (by) => isSelfAllowed || (unnamed.length === 0 && !selves.has(by.toLowerCase())),
  );
  const what = `${listed(direct)} ${direct.length === 1 ? 'came' : 'came each'} without a pull request`;
  const [by] = counted;
  if (by !== undefined) {
    const signOff: SignOff = {
      ...{ role: 'environment', by, via: 'environment', pull: null, commit: sha, at: null, url: null },
    };
    const text = `${what}; ${by} let this run go as a reviewer of the environment ${environment}`;
    return [{ verdict: open('approvals', text), signOffs: [signOff] }];
  }
  const unread =
    runApprovals === null
      ? ['the reviewers of this run could not be read: give the job `actions: read`']
      : [];
  const nameless =
    unnamed.length === 0
      ? []
      : [
          `GitHub names no account as the author of ${listed(unnamed)}, so that a reviewer could be the author`,
        ];
  const own = reviewers
    .filter((name) => selves.has(name.toLowerCase()))
    .map((name) => `${name} made such a commit, or started the run`);
  const verdict = waiting('approvals', {
    reason: runApprovals === null ? 'sign-off-unknown' : 'sign-off-missing',
    text: `${what}, and no reviewer of the environment ${environment} let this run go`,
    opens: `Bring it in by a pull request, or release from a job with \`environment: ${environment}\` that has required reviewers, and let one who is neither its author nor starts the run approve it`,
    evidence: [...unread, ...nameless, ...own],
  });
  return [{ verdict: runApprovals === null ? { ...verdict, state: 'shut' } : verdict, signOffs: [] }];
}

function listed(commits: readonly ReleasedCommit[]): string {
  const named = commits.slice(-MOST_NAMED).map(({ sha, subject }) => `${sha.slice(0, 7)} (${subject})`);
  const more = commits.length > MOST_NAMED ? ` and ${commits.length - MOST_NAMED} more` : '';
  return `${named.join(', ')}${more}`;
}
