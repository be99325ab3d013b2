import type { ReleaseEnd } from '../report/end.js';
import { incidentText, isIncident } from '../report/incident.js';
import type { ReleaseContext } from './context.js';

/** Opens an incident for a release that needs people, and closes those that a promoted release mends. */
export function tellIncidents(
  context: ReleaseContext,
  end: Pick<ReleaseEnd, 'decision' | 'reason' | 'summary'>,
): void {
  const { journal, links, plan, ports } = context;
  const { started } = journal.state;
  if (end.decision === 'promoted') {
    const by = `${started.version} (${started.sha.slice(0, 7)}) was promoted by ${started.release}, and mends it.`;
    for (const release of started.mends) ports.github.incidents.close(release, by);
    return;
  }
  const { service, environment, version, sha } = started;
  const whole: ReleaseEnd = {
    ...end,
    service,
    environment,
    version,
    sha,
    state: journal.state,
    links,
    permissions: [],
    contacts: plan.contacts,
    dryRun: false,
    notes: [],
  };
  if (!isIncident(whole)) return;
  const contacts = plan.contacts.flatMap(({ github }) => (github ? [github] : []));
  ports.github.incidents.report({ release: started.release, ...incidentText(whole), contacts });
}
