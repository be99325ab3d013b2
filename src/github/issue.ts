import type { Client } from './client.js';
import { nullWhen } from './errors.js';
import { insist, type Patience } from './insist.js';
import { cutMarkdown, oneLine } from './text.js';

/** What tells issues of one purpose from all others. */
export interface IssueKind {
  /** For the log and for errors: `incident issue`. */
  readonly name: string;
  readonly label: string;
  /** Six hex digits. */
  readonly color: string;
  readonly description: string;
  /** An issue that was closed is found again; otherwise a new one takes its place. */
  readonly findsClosed: boolean;
}

const TITLE_LENGTH = 250;
/** GitHub takes 65,536 characters. */
const BODY_BYTES = 65_000;
/** Pages of issues with the label that are looked through, newest first. */
const PAGES = 3;

export interface Issue {
  readonly number: number;
  readonly url: string;
  readonly isOpen: boolean;
  readonly title: string;
  readonly body: string;
}

/** What an issue is to say; it is found again by its key, which is in its body and which nobody sees. */
export interface IssueText {
  readonly key: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** `@alice`, `@acme/sre` */
  readonly mentions: readonly string[];
}

export interface IssueContext {
  readonly client: Client;
  readonly kind: IssueKind;
  readonly redact: (text: string) => string;
  readonly patience: Patience;
}

export async function findIssue({ client, kind }: IssueContext, key: string): Promise<Issue | null> {
  const { octokit, at } = client;
  const state = kind.findsClosed ? ('all' as const) : ('open' as const);
  const query = { ...at, labels: kind.label, state, per_page: 100 };
  for (let page = 1; page <= PAGES; page++) {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/issues', { ...query, page });
    const found = data.find(({ body, pull_request: pull }) => !pull && isMarked(body, key));
    if (found !== undefined) return issueOf(found);
    if (data.length < query.per_page) return null;
  }
  return null;
}

export async function openIssue(context: IssueContext, wanted: IssueText): Promise<Issue> {
  const { client, kind, patience } = context;
  const { octokit, at } = client;
  await makeLabel(context);
  const text = textOf(context, wanted);
  return insist(
    {
      what: `open the ${kind.name}`,
      attempt: async () => {
        const { data } = await octokit.request('POST /repos/{owner}/{repo}/issues', {
          ...at,
          ...text,
          labels: [kind.label],
        });
        return issueOf(data);
      },
      readBack: async () => (await findIssue(context, wanted.key)) ?? undefined,
    },
    patience,
  );
}

/** Brings title and body up to date; what says the same already is left alone. */
export async function updateIssue(
  context: IssueContext,
  { issue, wanted }: { readonly issue: Issue; readonly wanted: IssueText },
): Promise<Issue> {
  const { octokit, at } = context.client;
  const text = textOf(context, wanted);
  if (issue.title === text.title && issue.body === text.body) return issue;
  await insist(
    {
      what: `update the ${context.kind.name} #${issue.number}`,
      attempt: () =>
        octokit.request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
          ...at,
          issue_number: issue.number,
          ...text,
        }),
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
    const pages = octokit.paginate.iterator('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...on,
      per_page: 100,
    });
    for await (const { data } of pages) if (data.some(({ body }) => isMarked(body, of.key))) return true;
    return undefined;
  };
  if (await exists()) return;
  const body = `${cutMarkdown(context.redact(of.body), BODY_BYTES)}\n\n${marker(of.key)}`;
  await insist(
    {
      what: `comment on the ${context.kind.name} #${of.issue.number}`,
      attempt: async () => {
        await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...on, body });
        return true;
      },
      readBack: exists,
    },
    context.patience,
  );
}

export async function closeIssue({ client, kind, patience }: IssueContext, issue: Issue): Promise<void> {
  const closed = { state: 'closed', state_reason: 'completed' } as const;
  await insist(
    {
      what: `close the ${kind.name} #${issue.number}`,
      attempt: () =>
        client.octokit.request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
          ...client.at,
          issue_number: issue.number,
          ...closed,
        }),
    },
    patience,
  );
}

/** Gives the label its colour; without this GitHub makes a grey one, and where it exists nothing changes. */
async function makeLabel({ client, kind }: IssueContext): Promise<void> {
  const { octokit, at } = client;
  const { label: name, color, description } = kind;
  await nullWhen(['refused', 'unreachable', 'limited'], () =>
    octokit.request('POST /repos/{owner}/{repo}/labels', { ...at, name, color, description }),
  );
}

function textOf({ redact }: IssueContext, { key, title, body, mentions }: IssueText) {
  const cc = mentions.length === 0 ? '' : `cc ${mentions.join(' ')}\n\n`;
  // Redacted before it is cut: half a secret would not be recognised any more.
  return {
    title: oneLine(redact(title), TITLE_LENGTH),
    body: `${cutMarkdown(redact(body), BODY_BYTES)}\n\n${cc}${marker(key)}`,
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
