import type { Overrides } from '../plan/gate-keys.js';
import { type People, peopleIn } from './people.js';
import { type GateVerdict, open, shut } from './verdict.js';

export interface OverrideFacts {
  readonly asked: readonly string[];
  readonly actor: string;
  readonly reason: string | null;
  readonly people: People;
}

/** Whether the person who asks to open gates may. Null when nothing is asked. */
export function judgeOverrides(overrides: Overrides | null, facts: OverrideFacts): GateVerdict | null {
  const { asked, actor, reason, people } = facts;
  if (asked.length === 0) return null;
  const list = asked.join(', ');
  if (overrides === null) {
    if (!asked.includes('approvals'))
      return open('overrides', `${actor} overrides ${list}: ${reason ?? 'no reason given'}`);
    return shut('overrides', {
      reason: 'override-refused',
      text: '`override: approvals` needs a list of people who may, and the plan has no `overrides.from`',
      opens: 'Add the list to the plan on the default branch, or get the sign-off',
    });
  }
  const may = peopleIn(overrides.from, people);
  if (may.logins.has(actor.toLowerCase()))
    return open('overrides', `${actor} overrides ${list}: ${reason ?? 'no reason given'}`);
  const unread = may.unreadable.length > 0 ? `; ${may.unreadable.join(', ')} could not be read` : '';
  return shut('overrides', {
    reason: 'override-refused',
    text: `${actor} may not override ${list}: \`overrides.from\` names ${overrides.from.map(bare).join(', ')}${unread}`,
    opens: 'One of them has to start the run',
  });
}

function bare(handle: string): string {
  return handle.replace(/^@/, '');
}
