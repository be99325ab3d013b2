import { GithubError } from '../github/contract.js';
import { pathMatcher } from '../plan/globs.js';
import type { ReleaseContext } from './context.js';

/**
 * Why no backup is needed: nothing that `when` names changed since the last promoted commit. Null when one is needed,
 * and whenever that is not known.
 */
export async function whyNotNeeded(
  { journal, ports }: Pick<ReleaseContext, 'journal' | 'ports'>,
  when: readonly string[],
): Promise<string | null> {
  const last = journal.session.current.last_promoted;
  if (when.length === 0 || !last) return null;
  const { sha } = journal.state.started;
  const files = last.sha === sha ? [] : await changedSince(ports, { last: last.sha, sha });
  if (files === null || files.some(pathMatcher(when))) return null;
  return `nothing under ${when.join(', ')} changed since ${last.version} (${last.sha.slice(0, 7)}), so no backup is needed`;
}

/** What a commit that is not ahead of the last promoted one takes away is not listed, so then it is not known. */
async function changedSince(
  ports: ReleaseContext['ports'],
  { last, sha }: { readonly last: string; readonly sha: string },
): Promise<readonly string[] | null> {
  try {
    const comparison = await ports.github.repository.compare(last, sha);
    return comparison?.status === 'ahead' ? comparison.files : null;
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    ports.log.info(
      `What changed since the last release could not be found out, so the backup is taken: ${error.message}`,
    );
    return null;
  }
}
