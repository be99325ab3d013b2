import type { CommitCheck } from '../github/contract.js';
import type { Requires, ToolNeed } from '../plan/gate-keys.js';
import { formatSize } from '../plan/size.js';
import { formatToolNeed, isVersion } from '../plan/tool-need.js';
import { type GateVerdict, open, shut } from './verdict.js';

/** What there is. Null stands for what could not be found out; absent parts were not looked at. */
export interface RequireFacts {
  readonly tools: ReadonlyMap<string, FoundTool>;
  readonly missingVariables: readonly string[];
  readonly freeBytes: number | null;
  readonly checks: readonly CommitCheck[] | null;
  /** Scopes that the token lacks, and those of which that is not known. */
  readonly permissions: { readonly missing: readonly string[]; readonly unknown: readonly string[] };
}

export type FoundTool =
  | { readonly kind: 'missing' }
  /** A file of the name that may not be run. */
  | { readonly kind: 'refused'; readonly path: string }
  /** Asked for its version, it did not end in time. */
  | { readonly kind: 'silent'; readonly afterMs: number }
  /** It could not be looked for. */
  | { readonly kind: 'unknown' }
  /** `version`: null when it told none that can be read. */
  | { readonly kind: 'found'; readonly version: string | null };

/** The machine, its variables and the token. All that is missing is named at once, with how to get it. */
export function judgeMachine(requires: Requires, facts: RequireFacts): GateVerdict {
  const missing = [
    ...requires.tools.flatMap((need) => toolProblem(need, facts.tools.get(need.name))),
    ...facts.missingVariables.map(
      (name) =>
        `the variable ${name} is not set or empty: set it in the \`env\` of the step, from a secret or variable`,
    ),
    ...diskProblem(requires, facts),
    ...facts.permissions.missing.map(
      (scope) => `the token lacks \`${scope}: write\`: add it under \`permissions:\` of the job`,
    ),
    ...facts.permissions.unknown.map(
      (scope) => `whether the token has \`${scope}: write\` could not be found out`,
    ),
  ];
  if (missing.length === 0) return open('requires', 'what the plan requires is there');
  return shut('requires', {
    reason: 'requirement-missing',
    text: `${missing.length === 1 ? 'one thing is' : `${missing.length} things are`} missing, and nothing was changed`,
    opens: 'Whoever keeps the workflow adds what is missing',
    evidence: missing,
  });
}

/** Checks and statuses on the commit: of each name all must have succeeded. */
export function judgeChecks(names: readonly string[], facts: Pick<RequireFacts, 'checks'>): GateVerdict {
  const { checks } = facts;
  if (checks === null) {
    return shut('requires', {
      reason: 'checks-not-green',
      text: `the checks ${names.join(', ')} could not be read`,
      opens: 'Give the job `checks: read` and `statuses: read`',
    });
  }
  const problems = names.flatMap((name) => checkProblem(name, checks));
  if (problems.length === 0) return open('requires', `green on the commit: ${names.join(', ')}`);
  return shut('requires', {
    reason: 'checks-not-green',
    text: `${problems.length} of ${names.length} required checks ${problems.length === 1 ? 'has' : 'have'} not succeeded`,
    opens: 'Start again when they have',
    evidence: problems,
  });
}

function toolProblem(need: ToolNeed, found: FoundTool | undefined): readonly string[] {
  const wanted = formatToolNeed(need);
  if (found === undefined || found.kind === 'missing') {
    return [`${wanted}: \`${need.name}\` is not on the PATH; install it in a step before this one`];
  }
  if (found.kind === 'refused')
    return [
      `${wanted}: \`${need.name}\` is on the PATH, and may not be run: \`chmod +x ${found.path}\` in a step before this one`,
    ];
  if (found.kind === 'silent')
    return [
      `${wanted}: \`${need.name}\` is there, but asked for its version it did not end within ${found.afterMs / 1000} s: it hangs, or leaves a process behind that keeps its output open; mend it, or ask for no version of it`,
    ];
  if (found.kind === 'unknown')
    return [`${wanted}: whether \`${need.name}\` is there could not be found out; the log says why`];
  if (need.version === null) return [];
  if (found.version === null)
    return [`${wanted}: \`${need.name}\` is there, but tells no version by \`--version\` or \`version\``];
  if (isVersion(found.version, need.version)) return [];
  return [`${wanted}: found ${found.version}; install another version in a step before this one`];
}

function diskProblem({ diskBytes }: Requires, { freeBytes }: RequireFacts): readonly string[] {
  if (diskBytes === null) return [];
  if (freeBytes === null) return [`${formatSize(diskBytes)} of free disk: the free space could not be read`];
  if (freeBytes >= diskBytes) return [];
  return [
    `${formatSize(diskBytes)} of free disk: ${formatSize(freeBytes)} are free; remove what is not needed, or use a larger runner`,
  ];
}

/** Skipped and neutral prove nothing, though GitHub takes them for passed. */
function checkProblem(name: string, checks: readonly CommitCheck[]): readonly string[] {
  const found = checks.filter((check) => check.name === name);
  if (found.length === 0) return [`${name}: no check or status of this name is on the commit`];
  const bad = found.find(({ result }) => result !== 'success');
  if (bad === undefined) return [];
  const what = bad.result === 'pending' ? 'has not ended yet' : `ended as ${bad.result}`;
  return [`${name}: ${what}${bad.url === null ? '' : ` (${bad.url})`}`];
}
