import type { Client } from './client.js';
import type { PullRequest } from './contract.js';
import { nullWhen } from './errors.js';

/** After each of these the head, or what of it counts as the change, may be another than before. */
const MOVES = [
  'head_ref_force_pushed',
  'head_ref_deleted',
  'head_ref_restored',
  'base_ref_changed',
  'base_ref_force_pushed',
  'reopened',
];

/** When each of them happened to a pull request, up to its merge; null when that is not told. */
export async function headMoves(
  { octokit, at }: Client,
  { number, state }: PullRequest,
): Promise<readonly string[] | null> {
  return nullWhen(['forbidden', 'not-found'], async () => {
    const query = { ...at, issue_number: number, per_page: 100 };
    const events = await octokit.paginate('GET /repos/{owner}/{repo}/issues/{issue_number}/events', query);
    const merge = events.findIndex(({ event }) => event === 'merged');
    // GitHub leaves out what the token may not read: a merge that is not among them was not told, nor is the rest.
    if (state === 'merged' && merge < 0) return null;
    const before = state === 'merged' ? events.slice(0, merge) : events;
    return before.filter(({ event }) => MOVES.includes(event)).map(({ created_at }) => created_at);
  });
}
