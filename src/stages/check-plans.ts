import type { PullFacts } from '../gates/sign-off-facts.js';
import { type PlanOfFile, parseEvery } from '../plan/every.js';
import { formatProblem } from '../plan/format.js';
import { pathMatcher } from '../plan/globs.js';
import type { PlanInputs } from '../plan/plan-inputs.js';
import type { Mend } from '../report/preview/checked.js';
import type { Ports } from './context.js';

export interface ChangeOptions {
  readonly ports: Ports;
  /** The branch or commit that the change is to be merged into, and its own commit. */
  readonly base: string;
  readonly head: string;
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
  readonly now: number;
}

export interface ReadPlans {
  readonly files: readonly {
    readonly source: string;
    /** null: there is none, or it cannot be read. */
    readonly before: readonly PlanOfFile[] | null;
    readonly after: readonly PlanOfFile[] | null;
    readonly isNew: boolean;
  }[];
  readonly broken: readonly Mend[];
}

/** More plans than these are not read. */
const MOST_PLANS = 50;

/** The plans of the base and of the head, read through the API. */
export async function readPlans(options: ChangeOptions): Promise<ReadPlans> {
  const sources = (await sourcesOf(options)).slice(0, MOST_PLANS);
  const read = await Promise.all(sources.map((source) => readPlan(options, source)));
  const files = read.filter(({ exists }) => exists);
  const missing =
    files.length > 0
      ? []
      : [
          mend(options.plans, [
            `there is no plan at ${options.plans}, neither in the base nor in the change`,
          ]),
        ];
  return { files, broken: [...missing, ...files.flatMap(({ broken }) => broken)] };
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
  return {
    source,
    exists: was !== null || is !== null,
    isNew: was === null,
    before: before !== null && 'plans' in before ? before.plans : null,
    // A plan that cannot be read takes nothing away: it is red for what is wrong with it.
    after: isBroken ? (before !== null && 'plans' in before ? before.plans : []) : (after?.plans ?? null),
    broken: isBroken ? [after.broken] : [],
  };
}

function parse(
  { inputs, defaultService }: ChangeOptions,
  source: string,
  text: string,
): { readonly plans: readonly PlanOfFile[] } | { readonly broken: Mend } {
  const outcome = parseEvery({ text, source, overrides: inputs, defaultService });
  if ('plans' in outcome) return outcome;
  const lines = outcome.problems.map(formatProblem);
  const annotations = outcome.problems.map(({ path, line, rule, remedy }) => ({
    ...{ path: source, line: line ?? 1, level: 'failure' as const },
    ...{ title: `Plan: ${path}`, message: `${rule}. ${remedy}` },
  }));
  const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`;
  return { broken: { reason: 'plan-invalid', lines: [`${source} has ${count}`, ...lines], annotations } };
}

function mend(source: string, lines: readonly string[]): Mend {
  return {
    reason: 'plan-missing',
    lines: [...lines],
    annotations: [{ path: source, line: 1, level: 'failure', message: lines.join('\n') }],
  };
}
