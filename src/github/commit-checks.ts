import type { Client } from './client.js';
import type { CommitCheck } from './contract.js';
import { nullWhen } from './errors.js';

const PAGE = 100;
/** GitHub keeps at most 1,000 check runs of a suite. */
const PAGES = 10;

/** Check runs and commit statuses, the newest of each name and app; null when the token may read neither. */
export async function commitChecks(client: Client, commit: string): Promise<readonly CommitCheck[] | null> {
  const [runs, statuses] = await Promise.all([
    nullWhen(['forbidden', 'not-found'], () => runsOn(client, commit)),
    nullWhen(['forbidden', 'not-found'], () => statusesOn(client, commit)),
  ]);
  return runs === null && statuses === null ? null : [...(runs ?? []), ...(statuses ?? [])];
}

async function runsOn({ octokit, at }: Client, ref: string): Promise<readonly CommitCheck[]> {
  const query = { ...at, ref, filter: 'latest' as const, per_page: PAGE };
  const runs = [];
  for (let page = 1; page <= PAGES; page++) {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
      ...query,
      page,
    });
    runs.push(...data.check_runs);
    if (data.check_runs.length < PAGE) break;
  }
  const newest = new Map<string, CommitCheck & { readonly id: number }>();
  // `latest` is by check suite: of two runs of one name by one app, the younger one counts.
  for (const { id, name, app, status, conclusion, html_url: url } of runs) {
    const key = `${app?.id ?? 0} ${name}`;
    if ((newest.get(key)?.id ?? 0) > id) continue;
    newest.set(key, {
      id,
      name,
      result: status === 'completed' ? (conclusion ?? 'unknown') : 'pending',
      url,
    });
  }
  return [...newest.values()].map(({ name, result, url }) => ({ name, result, url }));
}

async function statusesOn({ octokit, at }: Client, ref: string): Promise<readonly CommitCheck[]> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits/{ref}/status', {
    ...at,
    ref,
    per_page: 100,
  });
  return data.statuses.map(({ context, state, target_url: url }) => ({ name: context, result: state, url }));
}
