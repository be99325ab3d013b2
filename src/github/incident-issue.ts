import type { Client } from './client.js';
import type { Incident } from './contract.js';
import { nullWhen } from './errors.js';
import { insist, type Patience } from './insist.js';
import { cutMarkdown, oneLine } from './text.js';

export const INCIDENT_LABEL = 'gated-release-incident';
const COLOR = 'b60205';
const DESCRIPTION = 'A release that went wrong and was, or has to be, taken back';
const TITLE_LENGTH = 250;
/** GitHub takes 65,536 characters. */
const BODY_BYTES = 65_000;
/** Issues with the label that are looked through, newest first. */
const PAGES = 3;

export interface Issue {
  readonly number: number;
  readonly url: string;
  readonly isOpen: boolean;
  readonly title: string;
  readonly body: string;
}

export interface IssueContext {
  readonly client: Client;
  readonly redact: (text: string) => string;
  readonly patience: Patience;
}

/** The issue of a release, open or closed, by the label and a marker in its body that nobody sees. */
export async function findIssue({ client }: IssueContext, release: string): Promise<Issue | null> {
  const { octokit, at } = client;
  const query = { ...at, labels: INCIDENT_LABEL, state: 'all' as const, per_page: 100 };
  for (let page = 1; page <= PAGES; page++) {
    const { data } = await octokit.rest.issues.listForRepo({ ...query, page });
    const found = data.find(({ body, pull_request: pull }) => !pull && isMarked(body, `incident ${release}`));
    if (found !== undefined) return issueOf(found);
    if (data.length < query.per_page) return null;
  }
  return null;
}

export async function openIssue(context: IssueContext, incident: Incident): Promise<Issue> {
  const { client, patience } = context;
  const { octokit, at } = client;
  await makeLabel(client);
  const text = textOf(context, incident);
  return insist(
    {
      what: 'open the incident issue',
      attempt: async () => {
        const { data } = await octokit.rest.issues.create({ ...at, ...text, labels: [INCIDENT_LABEL] });
        return issueOf(data);
      },
      readBack: async () => (await findIssue(context, incident.release)) ?? undefined,
    },
    patience,
  );
}

/** Brings title and body up to date; what says the same already is left alone. */
export async function updateIssue(
  context: IssueContext,
  { issue, incident }: { readonly issue: Issue; readonly incident: Incident },
): Promise<Issue> {
  const { octokit, at } = context.client;
  const text = textOf(context, incident);
  if (issue.title === text.title && issue.body === text.body) return issue;
  await insist(
    {
      what: `update the incident issue #${issue.number}`,
      attempt: () => octokit.rest.issues.update({ ...at, issue_number: issue.number, ...text }),
    },
    context.patience,
  );
  return { ...issue, ...text };
}

/** Adds a comment, once for each `key`. */
export async function commentOnce(
  context: IssueContext,
  of: { readonly issue: Issue; readonly key: string; readonly body: string },
): Promise<void> {
  const { octokit, at } = context.client;
  const on = { ...at, issue_number: of.issue.number };
  const exists = async () => {
    const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, { ...on, per_page: 100 });
    for await (const { data } of pages) if (data.some(({ body }) => isMarked(body, of.key))) return true;
    return undefined;
  };
  if (await exists()) return;
  const body = `${cutMarkdown(context.redact(of.body), BODY_BYTES)}\n\n${marker(of.key)}`;
  await insist(
    {
      what: `comment on the incident issue #${of.issue.number}`,
      attempt: async () => {
        await octokit.rest.issues.createComment({ ...on, body });
        return true;
      },
      readBack: exists,
    },
    context.patience,
  );
}

export async function closeIssue({ client, patience }: IssueContext, issue: Issue): Promise<void> {
  const closed = { state: 'closed', state_reason: 'completed' } as const;
  await insist(
    {
      what: `close the incident issue #${issue.number}`,
      attempt: () =>
        client.octokit.rest.issues.update({ ...client.at, issue_number: issue.number, ...closed }),
    },
    patience,
  );
}

/** Gives the label its colour; without this GitHub makes a grey one, and where it exists nothing changes. */
async function makeLabel({ octokit, at }: Client): Promise<void> {
  const label = { name: INCIDENT_LABEL, color: COLOR, description: DESCRIPTION };
  await nullWhen(['refused', 'unreachable', 'limited'], () =>
    octokit.rest.issues.createLabel({ ...at, ...label }),
  );
}

function textOf({ redact }: IssueContext, { release, title, body, contacts }: Incident) {
  const cc = contacts.length === 0 ? '' : `cc ${contacts.join(' ')}\n\n`;
  // Redacted before it is cut: half a secret would not be recognised any more.
  return {
    title: oneLine(redact(title), TITLE_LENGTH),
    body: `${cutMarkdown(redact(body), BODY_BYTES)}\n\n${cc}${marker(`incident ${release}`)}`,
  };
}

function marker(key: string): string {
  return `<!-- gated-release: ${key.replaceAll('--', '- -')} -->`;
}

function isMarked(body: string | null | undefined, key: string): boolean {
  return body?.includes(marker(key)) === true;
}

function issueOf(data: {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly title: string;
  readonly body?: string | null;
}): Issue {
  const { number, html_url: url, state, title, body } = data;
  return { number, url, isOpen: state === 'open', title, body: body ?? '' };
}
