import type { TokenScope } from '../plan/gate-keys.js';
import type { Client } from './client.js';
import type { Facts } from './contract.js';
import { failureOf, githubError } from './errors.js';

/** No repository has this object. */
const NOWHERE = `${'0'.repeat(39)}1`;
const NAME = 'gated-release/permission-trial';
/** No issue or pull request has this number. */
const NO_NUMBER = 2_147_483_647;

/**
 * Tries what cannot succeed: each request names a commit, an issue or a pull request that does not exist. GitHub
 * looks at the permission first, so that a refusal for it is told apart from a refusal for the object.
 */
export function trialOf({ octokit, at }: Client): Facts['mayWrite'] {
  const trials: Readonly<Record<TokenScope, () => Promise<unknown>>> = {
    contents: () =>
      octokit.request('POST /repos/{owner}/{repo}/git/refs', {
        ...at,
        ref: `refs/heads/${NAME}`,
        sha: NOWHERE,
      }),
    checks: () =>
      octokit.request('POST /repos/{owner}/{repo}/check-runs', {
        ...at,
        name: NAME,
        head_sha: NOWHERE,
        status: 'queued',
      }),
    statuses: () =>
      octokit.request('POST /repos/{owner}/{repo}/statuses/{sha}', {
        ...at,
        sha: NOWHERE,
        state: 'pending',
        context: NAME,
      }),
    deployments: () =>
      octokit.request('POST /repos/{owner}/{repo}/deployments', {
        ...at,
        ref: NOWHERE,
        auto_merge: false,
        required_contexts: [],
      }),
    issues: () =>
      octokit.request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
        ...at,
        issue_number: NO_NUMBER,
        state: 'open',
      }),
    'pull-requests': () =>
      octokit.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', {
        ...at,
        pull_number: NO_NUMBER,
        state: 'open',
      }),
  };
  return async (scope) => {
    try {
      await trials[scope]();
      return null;
    } catch (error) {
      const { kind } = failureOf(error);
      if (kind === 'forbidden') return false;
      if (kind === 'refused' || kind === 'not-found') return true;
      throw githubError(error, `Try the permission ${scope}: write`);
    }
  };
}
