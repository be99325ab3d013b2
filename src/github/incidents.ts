import type { Incident, Incidents } from './contract.js';
import { failureOf } from './errors.js';
import {
  closeIssue,
  commentOnce,
  findIssue,
  type Issue,
  type IssueContext,
  type IssueKind,
  type IssueText,
  openIssue,
  updateIssue,
} from './issue.js';
import { createOutbox } from './outbox.js';
import type { Permissions } from './permissions.js';

const INCIDENT: IssueKind = {
  name: 'incident issue',
  label: 'gated-release-incident',
  color: 'b60205',
  description: 'A release that went wrong and was, or has to be, taken back',
  findsClosed: true,
};

export interface IncidentsOptions extends Omit<IssueContext, 'kind'> {
  readonly permissions: Permissions;
}

interface Comment {
  readonly key: string;
  readonly body: string;
}

/** All that is to become of the issue of one release. */
interface Wanted {
  readonly incident: Incident | null;
  readonly comments: readonly Comment[];
  readonly closing: string | null;
}

export function createIncidents(options: IncidentsOptions): Incidents {
  const { permissions, patience } = options;
  const issues = new Map<string, Issue>();
  const wanted = new Map<string, Wanted>();
  let isForbidden = false;

  const outbox = createOutbox<null>(async (release) => {
    const wish = wanted.get(release);
    wanted.delete(release);
    if (wish === undefined || isForbidden) return;
    try {
      const issue = await carryOut(
        { ...options, kind: INCIDENT },
        { release, wish, known: issues.get(release) ?? null },
      );
      if (issue !== null) issues.set(release, issue);
    } catch (error) {
      const { kind, reason } = failureOf(error);
      isForbidden = kind === 'forbidden';
      if (isForbidden) permissions.note('issues: write');
      // The incident tells of the release and is not the release: it may be lost, but not silently.
      else patience.log.info(`The incident issue of ${release} was not written: ${reason}`);
    }
  });

  // One queue a release: what is wished while an earlier wish is on its way is joined into one, and nothing overtakes.
  const wish = (release: string, change: (before: Wanted) => Wanted): void => {
    wanted.set(release, change(wanted.get(release) ?? { incident: null, comments: [], closing: null }));
    outbox.put(release, null);
  };

  return {
    report: (incident) => wish(incident.release, (before) => ({ ...before, incident })),
    comment: (release, comment) =>
      wish(release, (before) => ({ ...before, comments: [...before.comments, comment] })),
    close: (release, closing) => wish(release, (before) => ({ ...before, closing })),
    find: (release) => {
      const issue = issues.get(release);
      return issue === undefined ? null : { number: issue.number, url: issue.url };
    },
    settle: outbox.settle,
  };
}

async function carryOut(
  context: IssueContext,
  { release, wish, known }: { readonly release: string; readonly wish: Wanted; readonly known: Issue | null },
): Promise<Issue | null> {
  const { incident, comments, closing } = wish;
  const found = known ?? (await findIssue(context, keyOf(release)));
  const issue = await broughtUpToDate(context, found, incident);
  if (issue === null) return null;
  for (const { key, body } of comments) await commentOnce(context, { issue, key: `comment ${key}`, body });
  // What a person has closed stays as they left it.
  if (closing === null || !issue.isOpen) return issue;
  await commentOnce(context, { issue, key: `closes ${release}`, body: closing });
  await closeIssue(context, issue);
  return { ...issue, isOpen: false };
}

async function broughtUpToDate(
  context: IssueContext,
  issue: Issue | null,
  incident: Incident | null,
): Promise<Issue | null> {
  if (incident === null) return issue;
  const wanted = textOf(incident);
  return issue === null ? openIssue(context, wanted) : updateIssue(context, { issue, wanted });
}

function textOf({ release, title, body, contacts }: Incident): IssueText {
  return { key: keyOf(release), title, body, mentions: contacts };
}

function keyOf(release: string): string {
  return `incident ${release}`;
}
