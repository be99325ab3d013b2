import type { Finding } from '../finding.js';
import type { Plan } from '../plan.js';
import { unknownEnvironment } from '../sections.js';

/** What makes a gate one that nobody could open, or that opens twice. */

export function promotedElsewhere({ promotedIn, environment }: Plan): Finding[] {
  if (promotedIn?.environment !== environment) return [];
  return [
    {
      path: ['promoted-in', 'environment'],
      rule: 'A release to an environment cannot wait for its own promotion there',
      remedy:
        'Name the environment that comes before, for example `staging`; in that one write `promoted-in: null`.',
    },
  ];
}

/** A plan that lists its environments waits for one of them: a name mistyped would wait for ever. */
export function placedBefore({ promotedIn }: Plan, known: readonly string[]): Finding[] {
  const name = promotedIn?.environment;
  if (typeof name !== 'string' || known.length === 0 || known.includes(name)) return [];
  return [{ ...unknownEnvironment(name, known), path: ['promoted-in', 'environment'] }];
}

export function rolesAreUnique({ approvals }: Plan): Finding[] {
  const roles = approvals.map(({ role }) => role.toLowerCase());
  return approvals.flatMap(({ role }, index) => {
    if (roles.indexOf(role.toLowerCase()) === index) return [];
    return [
      {
        path: ['approvals', index, 'role'],
        rule: `The role \`${role}\` stands here twice`,
        remedy: 'Name each role once; put all of its people under one `from`.',
      },
    ];
  });
}
