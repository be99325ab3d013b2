import type { PullRequest } from '../github/contract.js';
import type { Approval } from '../plan/gate-keys.js';
import { environmentSignOff } from './environment-sign-off.js';
import { type People, peopleIn } from './people.js';
import {
  authorsOf,
  type Judged,
  type PullFacts,
  type SignOffFacts,
  type SignOffJudgement,
} from './sign-off-facts.js';
import { candidates } from './signatures.js';
import { type GateVerdict, open, shut, waiting } from './verdict.js';

/** Each role for each pull request, and an environment reviewer for what came without one. */
export function judgeSignOff(approvals: readonly Approval[], facts: SignOffFacts): SignOffJudgement {
  const judged = [
    ...facts.pulls.flatMap((pull) =>
      approvals.map((approval) => judgeRole(approval, pull, { people: facts.people, approvals })),
    ),
    ...environmentSignOff(approvals, facts),
  ];
  const verdicts = judged.map(({ verdict }) => verdict);
  const nothing = open('approvals', 'nothing came since the last promoted commit that needs a sign-off');
  return {
    verdicts: verdicts.length === 0 ? [nothing] : verdicts,
    signOffs: judged.flatMap(({ signOffs }) => signOffs),
  };
}

/** One role for one pull request. */
function judgeRole(
  approval: Approval,
  facts: PullFacts,
  { people, approvals }: { readonly people: People; readonly approvals: readonly Approval[] },
): Judged {
  const { role, count } = approval;
  const { pull } = facts;
  const authors = authorsOf(facts);
  const roster = peopleIn(approval.from, people);
  const may = new Set([...roster.logins].filter((login) => approval.self || !authors.has(login)));
  const { valid, misses } = candidates(facts, role);
  const counted = valid.filter(({ by }) => may.has(by.toLowerCase()));
  const signers = [...new Set(counted.map(({ by }) => by))];
  const signOffs = signers.flatMap((by) => counted.filter((one) => one.by === by).slice(0, 1));
  const of = `#${pull.number} at ${pull.head.slice(0, 7)}`;
  if (signOffs.length >= count) {
    return { verdict: open('approvals', `${role}: ${signers.join(', ')} signed off ${of}`), signOffs };
  }
  // A review is for whichever role its author has: only one of nobody's is worth a word.
  const others = approvals.filter((one) => one !== approval).flatMap(({ from }) => from);
  const elsewhere = peopleIn(others, people).logins;
  const strangers = valid
    .filter(
      ({ by, via }) => !may.has(by.toLowerCase()) && !(via === 'review' && elsewhere.has(by.toLowerCase())),
    )
    .map(({ by }) => strange(by, authors, role));
  const evidence = [...new Set([...misses, ...strangers])];
  const unread = roster.unreadable.map((team) => `the team ${team} could not be read`);
  const missing = {
    approval,
    of,
    pull,
    may: [...may],
    done: signers,
    evidence: [...unread, ...evidence],
    isUnread: unread.length > 0,
  };
  return { verdict: missingVerdict(missing), signOffs: [] };
}

function strange(by: string, authors: ReadonlySet<string>, role: string): string {
  return authors.has(by.toLowerCase())
    ? `${by} is the author of the change, and may not sign it off as ${role}`
    : `${by} agreed, but is not in the role ${role}`;
}

function missingVerdict(missing: {
  readonly approval: Approval;
  readonly of: string;
  readonly pull: PullRequest;
  readonly may: readonly string[];
  readonly done: readonly string[];
  readonly evidence: readonly string[];
  readonly isUnread: boolean;
}): GateVerdict {
  const { approval, of, pull, may, done, evidence } = missing;
  const { role, count } = approval;
  const left = count - done.length;
  const so = done.length > 0 ? ` beside ${done.join(', ')}` : '';
  const text = `${role}: ${left === 1 ? 'one sign-off' : `${left} sign-offs`} of ${of} ${left === 1 ? 'is' : 'are'} missing${so}`;
  if (may.length < count) {
    return missing.isUnread
      ? shut('approvals', {
          reason: 'team-unreadable',
          text: `${text}, and who may give it is not known`,
          opens: 'Name people in `from`, or give `token` one that can read the team',
          evidence,
        })
      : shut('approvals', {
          reason: 'role-empty',
          text: `${text}, and ${may.length === 0 ? 'nobody' : `only ${may.join(', ')}`} may give it`,
          opens: 'Name more people in `approvals[].from`',
          evidence,
        });
  }
  const asked = may.filter((login) => !done.some((by) => by.toLowerCase() === login));
  return waiting('approvals', {
    reason: 'sign-off-missing',
    text,
    opens: `${oneOf(asked, left)} approves, or comments \`/approve ${role} ${pull.head}\`, at ${pull.url}`,
    evidence,
  });
}

function oneOf(logins: readonly string[], count: number): string {
  if (logins.length === 1) return logins[0] ?? '';
  return `${count === 1 ? 'One' : `${count}`} of ${logins.join(', ')}`;
}
