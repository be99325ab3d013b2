import type { Approval, Requires, ToolNeed } from '../plan/gate-keys.js';
import type { Plan } from '../plan/plan.js';
import { formatToolNeed, isVersion } from '../plan/tool-need.js';
import { gone, goneNames } from './gone.js';
import { proofLoosened } from './loosened-proof.js';
import { windowLoosened } from './loosened-window.js';

/**
 * Where a plan asks for less than the one before: gates that are gone or wider, as sentences. Of what a release does
 * only that is looked at which notices that it went wrong, or says that it cannot be taken back.
 */
export function loosened(before: Plan, after: Plan, now: number): readonly string[] {
  return [
    ...overridesLoosened(before, after),
    ...orderLoosened(before, after),
    ...requiresLoosened(before.requires, after.requires),
    ...windowLoosened(before.window, after.window, now),
    ...before.approvals.flatMap((role) => roleLoosened(role, after.approvals)),
    ...goneNames(before.blockers.labels, after.blockers.labels).map(
      (label) => `\`blockers\` no longer looks for ${label}`,
    ),
    ...documentsLoosened(before, after),
    ...proofLoosened(before, after),
    ...reachLoosened(before, after),
    ...returnLoosened(before, after),
  ];
}

/** No paths are all paths. */
function reachLoosened({ paths: before }: Plan, { paths: after }: Plan): readonly string[] {
  const isNarrower = after.length > 0 && (before.length === 0 || gone(before, after).length > 0);
  return isNarrower ? ['fewer files belong to the service: `paths` is narrower'] : [];
}

/** What notices after the release that it was bad, and what is known of the way back. */
function returnLoosened(before: Plan, after: Plan): readonly string[] {
  const [was, is] = [before, after].map(({ watch }) => watch?.forMs ?? 0);
  return [
    ...(before.ready !== null && after.ready === null ? ['`ready` is no longer asked'] : []),
    ...((is ?? 0) < (was ?? 0) ? ['the watch is gone or shorter'] : []),
    ...gone(before.rollback.irreversibleWhen, after.rollback.irreversibleWhen).map(
      (glob) => `a change of ${glob} no longer counts as one that cannot be taken back`,
    ),
    ...(before.rollback.commit !== 'none' && after.rollback.commit === 'none'
      ? ['a rollback no longer takes the change out of git']
      : []),
  ];
}

function overridesLoosened(before: Plan, after: Plan): readonly string[] {
  if (before.overrides === null) return [];
  if (after.overrides === null) return ['anybody may override gates: `overrides` is gone'];
  return goneNames(after.overrides.from, before.overrides.from).map((one) => `${one} may now override gates`);
}

function orderLoosened({ promotedIn: before }: Plan, { promotedIn: after }: Plan): readonly string[] {
  if (before === null) return [];
  if (after === null) return [`a release no longer waits for ${before.environment}`];
  if (after.environment !== before.environment)
    return [`a release waits for ${after.environment}, no longer for ${before.environment}`];
  const isWider =
    (after.withinMs ?? Number.POSITIVE_INFINITY) > (before.withinMs ?? Number.POSITIVE_INFINITY);
  return isWider ? [`the promotion in ${before.environment} may be longer ago`] : [];
}

function requiresLoosened(before: Requires, after: Requires): readonly string[] {
  const lists = [
    before.tools.filter((need) => !after.tools.some((one) => needsAsMuch(need, one))).map(formatToolNeed),
    gone(before.env, after.env),
    gone(before.checks, after.checks).map((name) => `the check ${name}`),
    gone(before.permissions, after.permissions).map((scope) => `${scope}: write`),
    (after.diskBytes ?? 0) < (before.diskBytes ?? 0) ? ['as much free disk'] : [],
  ];
  return lists.flat().map((what) => `\`requires\` no longer asks for ${what}`);
}

function needsAsMuch(before: ToolNeed, after: ToolNeed): boolean {
  if (before.name !== after.name) return false;
  if (before.version === null || formatToolNeed(before) === formatToolNeed(after)) return true;
  if (after.version === null) return false;
  const [side = '='] = before.version.is;
  return (
    (after.version.is === '=' || after.version.is.startsWith(side)) &&
    isVersion(after.version.than, before.version)
  );
}

export function roleLoosened(before: Approval, approvals: readonly Approval[]): readonly string[] {
  const after = approvals.find(({ role }) => role.toLowerCase() === before.role.toLowerCase());
  if (after === undefined) return [`the sign-off by ${before.role} is gone`];
  return [
    ...goneNames(after.from, before.from).map((one) => `${one} may now sign off as ${before.role}`),
    ...(after.count < before.count ? [`${before.role} needs ${after.count} instead of ${before.count}`] : []),
    ...(after.self && !before.self ? [`authors may now sign off their own change as ${before.role}`] : []),
  ];
}

function documentsLoosened(before: Plan, after: Plan): readonly string[] {
  return before.documents
    .filter(
      (rule) =>
        !after.documents.some(
          (one) => gone(rule.when, one.when).length === 0 && gone(rule.require, one.require).length === 0,
        ),
    )
    .map(({ reason }) => `documents are no longer asked for: ${reason}`);
}
