import type { RollbackOutcome, RollbackRequest } from '../../src/github/contract.js';
import { RELEASE } from './world.js';

/** What the engine asks for, of a release of `from` that goes back to `to`. */
export function requestOf(
  commits: { readonly from: string; readonly to: string },
  overrides: Partial<RollbackRequest> = {},
): RollbackRequest {
  return {
    ...commits,
    ...{ release: RELEASE, service: 'shop', environment: 'production', branch: 'main' },
    ...{ paths: [], onlyService: true, title: 'Roll shop back', body: 'The canary failed.' },
    evidence: '5 % of requests failed, 0.1 % before.',
    contacts: ['@alice', '@acme/sre'],
    ...overrides,
  };
}

/** The outcome, which has to be of this kind. */
export function as<Kind extends RollbackOutcome['kind']>(
  kind: Kind,
  outcome: RollbackOutcome,
): Extract<RollbackOutcome, { kind: Kind }> {
  if (outcome.kind !== kind) throw new Error(`not "${kind}": ${JSON.stringify(outcome, null, 1)}`);
  return outcome as Extract<RollbackOutcome, { kind: Kind }>;
}
