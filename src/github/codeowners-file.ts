import type { Client } from './client.js';
import { ownersOf } from './codeowners.js';
import { nullWhen } from './errors.js';

/** Where GitHub looks for the file; the first one found counts. */
const PLACES = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const;
/** More would be a mass mail. */
const MOST_OWNERS = 10;

/** Who owns these files by the `CODEOWNERS` of a commit; empty without such a file. Rejects as Octokit does. */
export async function readOwners(
  client: Client,
  { sha, files }: { readonly sha: string; readonly files: readonly string[] },
): Promise<readonly string[]> {
  if (files.length === 0) return [];
  for (const path of PLACES) {
    const text = await nullWhen(['not-found'], () => readText(client, { sha, path }));
    if (text !== null) return ownersOf(text, files).slice(0, MOST_OWNERS);
  }
  return [];
}

/** Empty for what is no file, or is larger than GitHub answers within one. */
async function readText(
  { octokit, at }: Client,
  { sha, path }: { readonly sha: string; readonly path: string },
): Promise<string> {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/contents/{path}', {
    ...at,
    path,
    ref: sha,
  });
  if (Array.isArray(data) || data.type !== 'file' || !('content' in data)) return '';
  return Buffer.from(data.content, 'base64').toString('utf8');
}
