import type { Client } from './client.js';
import type { LedgerStanding } from './contract.js';

const PREFIX = 'gated-release/';

const QUERY = `query ($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    refs(refPrefix: "refs/heads/gated-release/", first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { name target { ... on Commit { file(path: "current.json") { object { ... on Blob { text } } } } } }
    }
  }
}`;

interface Answer {
  readonly repository: {
    readonly refs: {
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
      readonly nodes: readonly {
        readonly name: string;
        readonly target: {
          readonly file?: { readonly object: { readonly text?: string | null } | null } | null;
        };
      }[];
    } | null;
  } | null;
}

/** Where every service of the repository stands: one request for a hundred ledgers. */
export async function readLedgers(client: Client, url: string): Promise<readonly LedgerStanding[]> {
  const found: LedgerStanding[] = [];
  for (let after: string | null = null; ; ) {
    const answer: Answer = await client.octokit.graphql(QUERY, {
      owner: client.at.owner,
      name: client.at.repo,
      after,
      request: { isRead: true },
    });
    const refs = answer.repository?.refs;
    for (const { name, target } of refs?.nodes ?? []) {
      const path = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
      const [service, environment, ...more] = path.split('/');
      if (!service || !environment || more.length > 0) continue;
      const current = target.file?.object?.text ?? null;
      found.push({ service, environment, current, url: `${url}/tree/${PREFIX}${service}/${environment}` });
    }
    if (!refs?.pageInfo.hasNextPage) return found;
    after = refs.pageInfo.endCursor;
  }
}
