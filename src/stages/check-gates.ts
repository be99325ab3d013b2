import { judgeBlockers } from '../gates/blockers.js';
import type { People } from '../gates/people.js';
import { judgeChecks } from '../gates/requires.js';
import { type GateVerdict, open, shut } from '../gates/verdict.js';
import { judgeWindow } from '../gates/window.js';
import { lengthOf } from '../plan/length.js';
import type { Plan } from '../plan/plan.js';
import { formatSize } from '../plan/size.js';
import { formatToolNeed } from '../plan/tool-need.js';
import type { Current } from '../release/current.js';
import type { Change } from './check-plans.js';
import { signOffOfChange } from './check-sign-off.js';
import { known } from './gate-facts.js';

interface About {
  /** The plan whose gates hold: that of the base, or the new one. */
  readonly gating: Plan;
  readonly ledger: Current | null | 'unknown';
  readonly people: People;
}

/** What a release of the change would find if it began now, and what only its start can tell. */
export async function gatesOfChange(
  change: Change,
  about: About,
): Promise<{ readonly gates: readonly GateVerdict[]; readonly later: readonly string[] }> {
  const { gating, ledger } = about;
  const [checks, signOff, blockers, quarantine] = await Promise.all([
    checksOf(change, gating),
    signOffOfChange(change, about),
    blockersOf(change, gating),
    quarantineOf(change, ledger),
  ]);
  const neededMs = lengthOf(gating).atMostMs;
  return {
    gates: [
      ...order(gating),
      ...checks,
      ...(gating.window === null ? [] : [judgeWindow(gating.window, { now: change.now, neededMs })]),
      ...signOff.gates,
      ...blockers,
      ...quarantine,
      ...inFlight(ledger),
    ],
    later: [...laterOf(gating), ...signOff.later],
  };
}

/** The commit that a merge makes is not there yet. */
function order({ promotedIn }: Plan): readonly GateVerdict[] {
  if (promotedIn === null) return [];
  const { environment } = promotedIn;
  return [
    shut('promoted-in', {
      reason: 'not-promoted-before',
      text: `the merged commit has to be promoted in ${environment} first`,
      opens: `A release to ${environment}, after the merge`,
    }),
  ];
}

async function checksOf({ ports, head }: Change, { requires }: Plan): Promise<readonly GateVerdict[]> {
  if (requires.checks.length === 0) return [];
  return [
    await known({ gate: 'requires', reason: 'checks-not-green' }, async () =>
      judgeChecks(requires.checks, { checks: await ports.github.facts.checks(head) }),
    ),
  ];
}

async function blockersOf(
  { ports }: Change,
  { blockers: { labels } }: Plan,
): Promise<readonly GateVerdict[]> {
  if (labels.length === 0) return [];
  return [
    await known({ gate: 'blockers', reason: 'blockers-unknown' }, async () =>
      judgeBlockers(labels, await ports.github.facts.openIssues(labels)),
    ),
  ];
}

async function quarantineOf(
  { ports, head }: Change,
  ledger: About['ledger'],
): Promise<readonly GateVerdict[]> {
  const opens = 'A commit that contains the rollback or the fix';
  if (ledger === 'unknown')
    return [
      shut('quarantine', {
        reason: 'ledger-invalid',
        text: 'the ledger cannot be read',
        opens: 'Whoever keeps the ledger',
      }),
    ];
  const bad = ledger?.quarantine ?? [];
  if (bad.length === 0) return [];
  return [
    await known({ gate: 'quarantine', reason: 'quarantined' }, async () => {
      const standings = await ports.github.repository.quarantine(
        head,
        bad.map(({ release, sha, rollback }) => ({ release, sha, rollbackCommit: rollback })),
      );
      const held = standings.filter(
        ({ contains, rolledBack, fixedBy }) => contains && !rolledBack && fixedBy === null,
      );
      if (held.length === 0) return open('quarantine', 'the change contains nothing that was taken back');
      const text = `the change contains what was taken back by ${held.map(({ release }) => release).join(', ')}`;
      return shut('quarantine', { reason: 'quarantined', text, opens });
    }),
  ];
}

function inFlight(ledger: About['ledger']): readonly GateVerdict[] {
  if (ledger === 'unknown' || !ledger?.release) return [];
  return [
    shut('quarantine', {
      reason: 'busy',
      text: `the release ${ledger.release} is in flight, or was left unfinished`,
      opens: 'Its end; the next release brings an unfinished one to safety first',
    }),
  ];
}

function laterOf({ requires }: Plan): readonly string[] {
  return [
    ...requires.tools.map(formatToolNeed),
    ...requires.env.map((name) => `the variable ${name}`),
    ...(requires.diskBytes === null ? [] : [`${formatSize(requires.diskBytes)} of free disk`]),
    ...requires.permissions.map((scope) => `${scope}: write`),
  ];
}
