import type { Client } from './client.js';
import { PREVIEW_MARKER, type Previews } from './contract.js';
import { failureOf } from './errors.js';
import { insist, type Patience } from './insist.js';
import { cutMarkdown } from './text.js';

/** GitHub takes 65,536 characters. */
const BODY_BYTES = 65_000;
/** Who belongs to the repository; others could change later what stands in a comment of theirs. */
const OF_THE_HOUSE = ['OWNER', 'MEMBER', 'COLLABORATOR'];

export interface PreviewsOptions {
  readonly client: Client;
  readonly redact: (text: string) => string;
  readonly patience: Patience;
}

/** The one comment on a pull request that is brought up to date with each check. */
export function createPreviews(options: PreviewsOptions): Previews {
  const { client, redact, patience } = options;
  const { octokit, at } = client;
  return {
    show: async (pull, markdown) => {
      // Redacted before it is cut: half a secret would not be recognised any more.
      const body = `${cutMarkdown(redact(markdown), BODY_BYTES)}\n\n${PREVIEW_MARKER}`;
      try {
        const found = await findOwn(client, pull);
        if (found !== null && untimed(found.body) === untimed(body)) return true;
        const what = `comment on #${pull}`;
        if (found === null) {
          const readBack = async () => ((await findOwn(client, pull)) === null ? undefined : true);
          const attempt = async () => {
            await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
              ...at,
              issue_number: pull,
              body,
            });
            return true;
          };
          return await insist({ what, attempt, readBack }, patience);
        }
        const attempt = () =>
          octokit.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
            ...at,
            comment_id: found.id,
            body,
          });
        await insist({ what, attempt }, patience);
        return true;
      } catch (error) {
        const { kind, reason } = failureOf(error);
        if (kind !== 'forbidden') patience.log.warning(`The preview on #${pull} was not written: ${reason}`);
        return false;
      }
    },
  };
}

/** Without what changes by itself, as in `Mon 22:00 Europe/Berlin, in 3 h 20 min`: that alone is nothing to write. */
function untimed(body: string): string {
  return body.replace(/, (in|for) \d+ (d|h|min|s)( \d+ (h|min))?(?!\w)/g, '');
}

async function findOwn(
  { octokit, at }: Client,
  pull: number,
): Promise<{ readonly id: number; readonly body: string } | null> {
  const query = { ...at, issue_number: pull, per_page: 100 };
  for await (const { data } of octokit.paginate.iterator(
    'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
    query,
  )) {
    const own = data.find(
      ({ body, user, author_association: association }) =>
        body?.includes(PREVIEW_MARKER) === true &&
        (user?.type === 'Bot' || OF_THE_HOUSE.includes(association)),
    );
    if (own !== undefined) return { id: own.id, body: own.body ?? '' };
  }
  return null;
}
