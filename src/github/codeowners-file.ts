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

async function readText(
  { octokit, at }: Client,
  { sha, path }: { readonly sha: string; readonly path: string },
): Promise<string> {
  const { data } = await octokit.rest.repos.getContent({
    ...at,
    path,
    ref: sha,
    mediaType: { format: 'raw' },
  });
  // The types describe the JSON form alone; asked for raw, the content itself is answered.
  return typeof data === 'string' ? data : String(data);
}
