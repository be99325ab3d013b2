import { type Call, reading } from '../call.js';
import { apiUrl, nodeId } from '../world.js';
import { ownerOf, renderUser } from './accounts.js';
import { listed } from './pages.js';
import { findPull } from './pulls.js';
import { EITHER, subject } from './subjects.js';

export const eventRoutes = reading(EITHER, { 'issues/list-events': list });

/** Oldest first, as GitHub lists them; nothing is recorded of issues. */
async function list(call: Call) {
  const { world, path } = call;
  const about = subject(world, path.issue_number);
  const events = 'events' in about ? (await findPull(world, path.issue_number)).events : [];
  return listed(call, events, ({ id, event, at }) => ({
    ...{ id, node_id: nodeId('IssueEvent', id), url: apiUrl(world, `/issues/events/${id}`) },
    ...{ actor: renderUser(world, ownerOf(world)), event, created_at: at },
    ...{ commit_id: null, commit_url: null, performed_via_github_app: null },
  }));
}
