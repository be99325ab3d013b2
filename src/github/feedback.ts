import { readOwners } from './codeowners-file.js';
import type { Feedback, VerificationReport } from './contract.js';
import { failureOf } from './errors.js';
import {
  closeIssue,
  commentOnce,
  findIssue,
  type Issue,
  type IssueContext,
  type IssueKind,
  openIssue,
  updateIssue,
} from './issue.js';
import { createOutbox } from './outbox.js';
import type { Permissions } from './permissions.js';

const VERIFICATION: IssueKind = {
  name: 'verification issue',
  label: 'gated-release-verification',
  color: 'd93f0b',
  description: 'A verification that does not pass keeps a release from going out',
  // What somebody closed was another failure; a new one is a new issue.
  findsClosed: false,
};

export interface FeedbackOptions extends Omit<IssueContext, 'kind'> {
  readonly service: string;
  readonly environment: string;
  /** The release commit, whose `CODEOWNERS` counts. */
  readonly sha: () => string;
  readonly permissions: Permissions;
}

type Wish =
  | { readonly do: 'report'; readonly report: VerificationReport }
  | { readonly do: 'close'; readonly comment: string };

export function createFeedback(options: FeedbackOptions): Feedback {
  const { permissions, patience, service, environment } = options;
  const context: IssueContext = { ...options, kind: VERIFICATION };
  const key = `verification ${service}/${environment}`;

  const outbox = createOutbox<Wish>(async (_, wish) => {
    try {
      const issue = await findIssue(context, key);
      if (wish.do === 'report') await report(context, { ...options, key, issue, report: wish.report });
      else if (issue !== null) await close(context, { issue, comment: wish.comment });
    } catch (error) {
      const { kind, reason } = failureOf(error);
      if (kind === 'forbidden') permissions.note('issues: write');
      // The issue tells of the verification and is not the verification: it may be lost, but not silently.
      else
        patience.log.info(`The verification issue of ${service}/${environment} was not written: ${reason}`);
    }
  });

  return {
    report: (wanted) => outbox.put(key, { do: 'report', report: wanted }),
    close: (comment) => outbox.put(key, { do: 'close', comment }),
    settle: outbox.settle,
  };
}

async function report(
  context: IssueContext,
  of: {
    readonly key: string;
    readonly issue: Issue | null;
    readonly report: VerificationReport;
    readonly sha: () => string;
  },
): Promise<void> {
  const { key, issue } = of;
  const { title, body, files } = of.report;
  const mentions = await readOwners(context.client, { sha: of.sha(), files });
  const wanted = { key, title, body, mentions };
  if (issue === null) {
    await openIssue(context, wanted);
    return;
  }
  await updateIssue(context, { issue, wanted });
  // An edit notifies nobody, so that whom it concerns now is told by a comment, once.
  for (const owner of mentions.filter((one) => !isMentioned(issue.body, one))) {
    const text = `${owner} This concerns files that you own; see the description.`;
    await commentOnce(context, { issue, key: `concerns ${owner}`, body: text });
  }
}

async function close(
  context: IssueContext,
  { issue, comment }: { readonly issue: Issue; readonly comment: string },
): Promise<void> {
  await commentOnce(context, { issue, key: 'passes again', body: comment });
  await closeIssue(context, issue);
}

function isMentioned(body: string, owner: string): boolean {
  const line = /^cc (.*)$/m.exec(body)?.[1] ?? '';
  return line.split(' ').includes(owner);
}
