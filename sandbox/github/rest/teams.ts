import { notFound, Refusal } from '../answer.js';
import { type Call, reading } from '../call.js';
import { personOf } from '../tokens.js';
import { renderUser } from './accounts.js';
import { listed } from './pages.js';

export const teamRoutes = reading([], { 'teams/list-members-in-org': list });

/** The token of a job cannot read an organisation, whatever `permissions` say. */
function list(call: Call) {
  const { world, caller, path } = call;
  if (!caller.mayReadMembers) throw new Refusal(403, 'Resource not accessible by integration');
  const members = world.teams.get(`${path.org}/${path.team_slug}`.toLowerCase());
  if (members === undefined) throw notFound();
  return listed(call, members, (login) => renderUser(world, personOf(login)));
}
