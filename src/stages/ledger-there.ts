import { ReleaseProblem } from '../release/problem.js';
import type { LedgerSession } from '../release/session.js';
import type { Ports } from './context.js';
import type { ReleaseRequest } from './request.js';

/**
 * A missing ledger beside deployments of ours means that the record was lost, not that nothing was released. Throws
 * `ledger-missing`.
 */
export async function ledgerMustBeThere(asked: {
  readonly request: Pick<ReleaseRequest, 'plan' | 'overrides'>;
  readonly session: LedgerSession;
  readonly ports: Ports;
}): Promise<void> {
  const { request, session, ports } = asked;
  if (session.exists || request.overrides.includes('ledger')) return;
  const { service, environment } = request.plan;
  const known = await ports.github.repository.hasDeployment(service, environment);
  if (known !== true) return;
  throw new ReleaseProblem(
    'ledger-missing',
    `GitHub has deployments of ${service} to ${environment} by this action, but the branch ${ports.github.ledger.branch} does not exist`,
  );
}
