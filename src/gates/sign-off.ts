import type { PullRequest } from '../github/contract.js';
import type { Approval } from '../plan/gate-keys.js';
import { environmentSignOff } from './environment-sign-off.js';
import { type People, peopleIn } from './people.js';
import {
  authorsOf,
  type Judged,
  type PullFacts,
  type SignOff,
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
  const signOffs = judged.flatMap((one) => one.signOffs);
  const nothing = open('approvals', 'nothing came since the last promoted commit that needs a sign-off');
  return {
    verdicts: verdicts.length === 0 ? [nothing] : [...verdicts, ...inSeveralRoles(approvals, signOffs)],
    signOffs,
  };
}

/** One person may be in several roles, and one review counts for all of them: that is said, and shuts nothing. */
function inSeveralRoles(
  approvals: readonly Approval[],
  signOffs: readonly SignOff[],
): readonly GateVerdict[] {
  const people = new Map(signOffs.map(({ by }) => [by.toLowerCase(), by]));
  return [...people].flatMap(([key, by]) => {
    const roles = approvals.filter(({ role }) =>
      signOffs.some((one) => one.role === role && one.by.toLowerCase() === key),
    );
    if (roles.length < 2) return [];
    return [
      open(
        'approvals',
        `${by} signed for ${roles.length} roles: ${roles.map(({ role }) => role).join(', ')}`,
      ),
    ];
  });
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
  const own = [...roster.logins].filter((login) => !may.has(login));
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
    own,
    done: signers,
    evidence: [...unread, ...evidence],
    isUnread: unread.length > 0,
  };
  return { verdict: missingVerdict(missing), signOffs: [] };
}

function strange(by: string, authors: ReadonlySet<string>, role: string): string {
  return authors.has(by.toLowerCase())
    ? `${by} opened the change or made a commit of it, and may not sign it off as ${role}`
    : `${by} agreed, but is not in the role ${role}`;
}

function missingVerdict(missing: {
  readonly approval: Approval;
  readonly of: string;
  readonly pull: PullRequest;
  readonly may: readonly string[];
  /** In the role, and left out as authors of the change. */
  readonly own: readonly string[];
  readonly done: readonly string[];
  readonly evidence: readonly string[];
  readonly isUnread: boolean;
}): GateVerdict {
  const { approval, of, pull, may, own, done, evidence } = missing;
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
          text: `${text}, and ${may.length === 0 ? 'nobody' : `only ${may.join(', ')}`} may give it${own.length === 0 ? '' : `: ${own.join(', ')} made the change`}`,
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
