import type { Plan } from '../plan/plan.js';
import { gone, goneNames } from './gone.js';
import { roleLoosened } from './loosened.js';
import { windowLoosened } from './loosened-window.js';

/** What a release waits for by the later plan, and did not by the one before, in a few words each. */
export function tightened(before: Plan, after: Plan, now: number): readonly string[] {
  const { promotedIn, window, approvals, blockers, documents, requires } = after;
  const isNewOrder = promotedIn !== null && promotedIn.environment !== before.promotedIn?.environment;
  const isNarrower =
    window !== null && (before.window === null || windowLoosened(window, before.window, now).length > 0);
  return [
    ...(isNewOrder ? [`a promotion in ${promotedIn.environment}`] : []),
    ...gone(requires.checks, before.requires.checks).map((name) => `the check ${name}`),
    ...(isNarrower ? [before.window === null ? 'a window' : 'a narrower window'] : []),
    ...approvals
      .filter((role) => roleLoosened(role, before.approvals).length > 0)
      .map(({ role }) => `sign-off by ${role}`),
    ...goneNames(blockers.labels, before.blockers.labels).map((label) => `no open issue with ${label}`),
    ...documents
      .filter((rule) => !before.documents.some((one) => JSON.stringify(one) === JSON.stringify(rule)))
      .map(({ reason }) => `documents (${reason})`),
  ];
}
