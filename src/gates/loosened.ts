import type { Approval, Requires, Window } from '../plan/gate-keys.js';
import { type Plan, PROOFS } from '../plan/plan.js';
import { formatToolNeed } from '../plan/tool-need.js';
import { weekOf } from '../plan/windows/wall.js';

/**
 * Where a plan asks for less than the one before: gates that are gone or wider, as sentences. What a release does is
 * not looked at, only what must be fulfilled before it.
 */
export function loosened(before: Plan, after: Plan, now: number): readonly string[] {
  return [
    ...overridesLoosened(before, after),
    ...orderLoosened(before, after),
    ...requiresLoosened(before.requires, after.requires),
    ...windowLoosened(before.window, after.window, now),
    ...before.approvals.flatMap((role) => roleLoosened(role, after.approvals)),
    ...gone(before.blockers.labels, after.blockers.labels).map(
      (label) => `\`blockers\` no longer looks for ${label}`,
    ),
    ...documentsLoosened(before, after),
    ...gone(
      before.verify.map(({ name }) => name),
      after.verify.map(({ name }) => name),
    ).map((name) => `the suite ${name} is no longer run`),
    ...evidenceLoosened(before, after),
    ...backupLoosened(before, after),
  ];
}

function overridesLoosened(before: Plan, after: Plan): readonly string[] {
  if (before.overrides === null) return [];
  if (after.overrides === null) return ['anybody may override gates: `overrides` is gone'];
  return gone(after.overrides.from, before.overrides.from).map((one) => `${one} may now override gates`);
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
    gone(before.tools.map(formatToolNeed), after.tools.map(formatToolNeed)),
    gone(before.env, after.env),
    gone(before.checks, after.checks).map((name) => `the check ${name}`),
    gone(before.permissions, after.permissions).map((scope) => `${scope}: write`),
    (after.diskBytes ?? 0) < (before.diskBytes ?? 0) ? ['as much free disk'] : [],
  ];
  return lists.flat().map((what) => `\`requires\` no longer asks for ${what}`);
}

function windowLoosened(before: Window | null, after: Window | null, now: number): readonly string[] {
  if (before === null) return [];
  if (after === null) return ['the window is gone: releases may begin at any time'];
  if (after.timezone !== before.timezone)
    return [`the window is one of ${after.timezone}, no longer of ${before.timezone}`];
  const was = weekOf(before);
  const isWider = weekOf(after).some((isOpen, minute) => isOpen && !was[minute]);
  const thawed = before.freeze.filter(
    ({ from, to }) => to > now && !after.freeze.some((one) => one.from <= from && to <= one.to),
  );
  return [
    ...(isWider ? ['the window is open at more times'] : []),
    ...thawed.map(({ reason }) => `the freeze “${reason}” is gone or shorter`),
  ];
}

function roleLoosened(before: Approval, approvals: readonly Approval[]): readonly string[] {
  const after = approvals.find(({ role }) => role.toLowerCase() === before.role.toLowerCase());
  if (after === undefined) return [`the sign-off by ${before.role} is gone`];
  return [
    ...gone(after.from, before.from).map((one) => `${one} may now sign off as ${before.role}`),
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

/** What a suite leaves behind is judged as before, or the suite asks for less. */
function evidenceLoosened(before: Plan, after: Plan): readonly string[] {
  return before.verify.flatMap((suite) => {
    const same = after.verify.find(({ name }) => name === suite.name);
    if (same === undefined) return [];
    const kept = same.evidence.map((one) => JSON.stringify(one));
    const lost = suite.evidence.filter((one) => !kept.includes(JSON.stringify(one)));
    return lost.map(({ kind }) => `the ${kind} evidence of ${suite.name} is judged by other rules`);
  });
}

function backupLoosened({ backup: before }: Plan, { backup: after }: Plan): readonly string[] {
  if (before === null) return [];
  if (after === null) return ['no backup is taken any more'];
  if (before.kind !== 'sources') return [];
  if (after.kind !== 'sources') return ['the backup is no longer restored and compared by the action'];
  const lost = gone(
    before.sources.map(({ name }) => name),
    after.sources.map(({ name }) => name),
  );
  return [
    ...lost.map((name) => `${name} is no longer backed up`),
    ...(PROOFS.indexOf(after.prove) < PROOFS.indexOf(before.prove)
      ? [`backups are proved as ${after.prove}, no longer as ${before.prove}`]
      : []),
    ...(before.when.length === 0 && after.when.length > 0
      ? ['a backup is no longer taken for each release']
      : []),
  ];
}

/** What one list has and the other has not, as GitHub compares names. */
function gone(before: readonly string[], after: readonly string[]): readonly string[] {
  const kept = new Set(after.map((one) => one.toLowerCase()));
  return before.filter((one) => !kept.has(one.toLowerCase()));
}
