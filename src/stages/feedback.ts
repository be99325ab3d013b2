import { feedbackText, filesConcerned } from '../report/feedback.js';
import type { ReleaseContext } from './context.js';

/** Tells those who must mend it of a verification that did not pass, or that it passes again. */
export async function tellVerification(context: ReleaseContext, verdict: 'passed' | 'failed'): Promise<void> {
  const { plan, journal, ports, links } = context;
  if (plan.verification.feedback !== 'issue') return;
  const { feedback } = ports.github;
  const { state } = journal;
  if (verdict === 'passed') {
    const { version, sha, release } = state.started;
    feedback.close(`The verification of ${version} (${sha.slice(0, 7)}) passes, in the release ${release}.`);
    return;
  }
  feedback.report({ ...feedbackText(state, links), files: await files(context) });
}

/** The files that the reports name, else those that came with this release. */
async function files({ journal, ports }: ReleaseContext): Promise<readonly string[]> {
  const named = filesConcerned(journal.state);
  const last = journal.session.current.last_promoted;
  if (named.length > 0 || last === null) return named;
  // Without the comparison nobody is mentioned; the issue itself is not worth failing for.
  const comparison = await ports.github.repository
    .compare(last.sha, journal.state.started.sha)
    .catch(() => null);
  return comparison?.files ?? [];
}
