import type { PullFacts } from '../gates/sign-off-facts.js';
import { type PlanOfFile, parseEvery } from '../plan/every.js';
import { formatProblem } from '../plan/format.js';
import { pathMatcher } from '../plan/globs.js';
import type { PlanInputs } from '../plan/plan-inputs.js';
import type { Mend } from '../report/preview/checked.js';
import type { ReadBrought } from './brought.js';
import type { Ports } from './context.js';

export interface ChangeOptions {
  readonly ports: Ports;
  /** The branch or commit that the change is to be merged into, and its own commit. */
  readonly base: string;
  readonly head: string;
  /** The name of the branch; null when no event tells it. */
  readonly branch: string | null;
  /** Path or pattern of the plans. */
  readonly plans: string;
  /** Inputs that say what a plan can say. */
  readonly inputs: Partial<PlanInputs>;
  readonly defaultService: string;
}

/** All that is the same for each service of one change. */
export interface Change extends ChangeOptions {
  /** Files that the change touches. */
  readonly changed: readonly string[];
  /** What brings the change in: one, or those of a merge group as far as they could be found. */
  readonly pulls: readonly PullFacts[];
  /** Shared by the services, which are mostly asked the same. */
  readonly brought: ReadBrought;
  readonly now: number;
}

export interface ReadPlans {
  readonly files: readonly {
    readonly source: string;
    /** null: there is none, or it cannot be read. */
    readonly before: readonly PlanOfFile[] | null;
    readonly after: readonly PlanOfFile[] | null;
    /** The base has a plan there of which nobody can tell what it asks for. */
    readonly isUnknown: boolean;
  }[];
  readonly broken: readonly Mend[];
  /** What is wrong in the base and left as it is, one sentence each: no fault of this change. */
  readonly left: readonly string[];
}

/** More plans than these are not read. */
const MOST_PLANS = 50;

/** The plans of the base and of the head, read through the API. */
export async function readPlans(options: ChangeOptions): Promise<ReadPlans> {
  const sources = await sourcesOf(options);
  const read = await Promise.all(sources.slice(0, MOST_PLANS).map((source) => readPlan(options, source)));
  const files = read.filter(({ exists }) => exists);
  const none = `there is no plan at ${options.plans}, neither in the base nor in the change`;
  const many = `${options.plans} names more than ${MOST_PLANS} plans, and of those after the first ${MOST_PLANS} nothing is known; put environments and services that belong together into fewer files`;
  return {
    files,
    broken: [
      ...(files.length > 0 ? [] : [mend('plan-missing', options.plans, none)]),
      ...(sources.length > MOST_PLANS ? [mend('plan-invalid', sources[MOST_PLANS] ?? '', many)] : []),
      ...files.flatMap(({ broken }) => broken),
      ...doubles(files),
    ],
    left: files.flatMap(({ left }) => left),
  };
}

async function sourcesOf({ ports, base, head, plans }: ChangeOptions): Promise<readonly string[]> {
  if (!/[*?[\]{}()!+@]/.test(plans)) return [plans];
  const { facts } = ports.github;
  const [before, after] = await Promise.all([facts.files(base), facts.files(head)]);
  const isPlan = pathMatcher([plans]);
  return [...new Set([...before, ...after])].filter((path) => isPlan(path)).sort();
}

async function readPlan(options: ChangeOptions, source: string) {
  const { ports, base, head } = options;
  const { facts } = ports.github;
  const [was, is] = await Promise.all([
    facts.text({ commit: base, path: source }),
    facts.text({ commit: head, path: source }),
  ]);
  const before = was === null ? null : parse(options, source, was);
  const after = is === null ? null : parse(options, source, is);
  const isBroken = after !== null && 'broken' in after;
  const isUnknown = before !== null && 'broken' in before;
  const isLeft = isBroken && was === is;
  const gone = `${source} is taken away, and what it asked for is not known: it cannot be read in the base. Mend it in a change of its own first`;
  return {
    source,
    exists: was !== null || is !== null,
    isUnknown,
    before: before !== null && 'plans' in before ? before.plans : null,
    // A plan that cannot be read takes nothing away: it is red for what is wrong with it.
    after: isBroken ? (before !== null && 'plans' in before ? before.plans : []) : (after?.plans ?? null),
    broken: [
      ...(isBroken && !isLeft ? [after.broken] : []),
      ...(isUnknown && is === null ? [mend('plan-loosened', source, gone)] : []),
    ],
    left: isLeft
      ? [
          `${after.broken.lines.join('. ')}. The change leaves it so: nothing of it can be released before it is mended`,
        ]
      : [],
  };
}

/** Two plans of one service in one environment: whichever asks for less would be released by. */
function doubles(files: ReadPlans['files']): readonly Mend[] {
  const has = (plans: readonly PlanOfFile[] | null, name: string) =>
    (plans ?? []).some((one) => nameOf(one) === name);
  return files.flatMap(({ source, before, after }) =>
    (after ?? []).map(nameOf).flatMap((name) => {
      const other = files.find((one) => one.source !== source && has(one.after, name));
      if (other === undefined || has(before, name)) return [];
      return [
        mend(
          'plan-invalid',
          source,
          `${source} is a second plan of ${name}, beside ${other.source}; keep one`,
        ),
      ];
    }),
  );
}

export function nameOf({ plan }: PlanOfFile): string {
  return `${plan.service}/${plan.environment}`;
}

function parse(
  { inputs, defaultService }: ChangeOptions,
  source: string,
  text: string,
): { readonly plans: readonly PlanOfFile[] } | { readonly broken: Mend } {
  const outcome = parseEvery({ text, source, overrides: inputs, defaultService });
  if ('plans' in outcome) return outcome;
  const lines = outcome.problems.map(formatProblem);
  const annotations = outcome.problems.map((problem) => ({
    ...{ path: source, line: problem.line ?? 1, level: 'failure' as const },
    ...{ title: `Plan: ${problem.path}`, message: formatProblem(problem) },
  }));
  const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`;
  return { broken: { reason: 'plan-invalid', lines: [`${source} has ${count}`, ...lines], annotations } };
}

function mend(reason: Mend['reason'], path: string, line: string): Mend {
  return { reason, lines: [line], annotations: [{ path, line: 1, level: 'failure', message: line }] };
}
