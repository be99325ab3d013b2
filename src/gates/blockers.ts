import type { OpenIssue } from '../github/contract.js';
import { type GateVerdict, open, shut } from './verdict.js';

/** Open issues with one of the labels. `issues` is null when they could not be read. */
export function judgeBlockers(labels: readonly string[], issues: readonly OpenIssue[] | null): GateVerdict {
  const list = labels.join(', ');
  if (issues === null) {
    return shut('blockers', {
      reason: 'blockers-unknown',
      text: `whether an open issue is labelled ${list} could not be read`,
      opens: 'Give the job `issues: read`',
    });
  }
  if (issues.length === 0) return open('blockers', `no open issue is labelled ${list}`);
  return shut('blockers', {
    reason: 'blocker-open',
    text: `${issues.length === 1 ? 'an open issue stops' : `${issues.length} open issues stop`} every release`,
    opens: 'Close them, or take the label away, when releases may go on',
    evidence: issues.map(
      ({ title, label, url, author }) => `${url}: ${title} (${label}, opened by ${author})`,
    ),
  });
}
