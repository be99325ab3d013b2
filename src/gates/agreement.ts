import type { Plan } from '../plan/plan.js';
import { type People, peopleIn } from './people.js';
import { judgeSignOff } from './sign-off.js';
import { authorsOf, type PullFacts } from './sign-off-facts.js';

/** How GitHub calls those who belong to a repository. */
const OF_THE_HOUSE = ['OWNER', 'MEMBER', 'COLLABORATOR'];

export interface Agreement {
  /** Who agreed to a plan that asks for less, null when nobody entitled did. */
  readonly by: string | null;
  /** Who could, as the end of a sentence. */
  readonly who: string;
}

/**
 * Whether those entitled agree that a plan asks for less: the roles of the plan as it stands; where it has none, who
 * may override gates; where it names nobody, a person of the repository other than the author, by a review.
 */
export function agreementOf(before: Plan, pull: PullFacts, people: People): Agreement {
  if (before.approvals.length > 0) {
    const { verdicts, signOffs } = judgeSignOff(before.approvals, {
      ...{ environment: before.environment, actor: '', sha: pull.pull.head, pulls: [pull] },
      ...{ direct: [], runApprovals: null, people },
    });
    const isOpen = verdicts.every(({ state }) => state === 'open');
    const roles = before.approvals.map(({ role }) => role).join(', ');
    return { by: isOpen ? signOffs.map(({ by }) => by).join(', ') : null, who: `sign-off by ${roles}` };
  }
  const approving = approvers(pull);
  if (before.overrides !== null) {
    const { logins } = peopleIn(before.overrides.from, people);
    const by = approving.find(({ author }) => logins.has(author.toLowerCase()));
    return {
      by: by?.author ?? null,
      who: `an approving review by one of ${before.overrides.from.join(', ')}`,
    };
  }
  const by = approving.find(({ association }) => OF_THE_HOUSE.includes(association));
  return { by: by?.author ?? null, who: 'an approving review by a member of the repository' };
}

function approvers({ pull, commits, reviews }: PullFacts) {
  const own = authorsOf({ pull, commits });
  const authors = [...new Set(reviews.flatMap(({ author }) => (author === null ? [] : [author])))];
  return authors
    .filter((author) => !own.has(author.toLowerCase()))
    .flatMap((author) => {
      const last = reviews.findLast((review) => review.author === author);
      if (last?.state !== 'APPROVED' || last.commit !== pull.head) return [];
      return [{ author, association: last.association }];
    });
}
