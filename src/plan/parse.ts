import type { Finding } from './finding.js';
import { locate, type View } from './locate.js';
import { isTree, type Tree } from './path.js';
import type { Plan } from './plan.js';
import type { PlanInputs } from './plan-inputs.js';
import type { Problem } from './problem.js';
import { placedBefore } from './rules/gates.js';
import { readSections, unknownEnvironment } from './sections.js';
import { evaluateVariant, type Variant } from './variant.js';
import { type PlanDocument, readDocument } from './yaml/document.js';

export type PlanOutcome = { readonly plan: Plan } | { readonly problems: readonly Problem[] };

interface Origin {
  /** The file's path, for messages. */
  readonly source: string;
  /** Wins over `overrides.environment` and the plan's `environment`. */
  readonly environment?: string | null;
  /** Inputs of the action; each wins over the plan's key of the same meaning. */
  readonly overrides?: Partial<PlanInputs>;
  /** The service when neither plan nor inputs name one, made fit for a name: the repository's name. */
  readonly defaultService?: string;
}

type Asked = Origin & { readonly text: string | Uint8Array };

/** A file is asked about more than once: `resume` of each environment that it has a ledger for. */
const answered = new Map<string, PlanOutcome>();
const MOST_ANSWERED = 32;

/** Reads the plan of one environment, or tells all that is wrong with the file, other environments included. */
export function parsePlan(asked: Asked): PlanOutcome {
  if (typeof asked.text !== 'string') return read(asked);
  const key = JSON.stringify(asked);
  const known = answered.get(key);
  if (known !== undefined) return known;
  if (answered.size >= MOST_ANSWERED) answered.clear();
  const outcome = read(asked);
  answered.set(key, outcome);
  return outcome;
}

function read({ text, ...origin }: Asked): PlanOutcome {
  const reading = readDocument(text);
  if ('problems' in reading) return { problems: byLine(reading.problems) };
  return evaluate(reading.document, origin);
}

/** The same plan from inputs alone. */
export function planFromInputs(
  inputs: Partial<PlanInputs>,
  options: { readonly defaultService?: string } = {},
): PlanOutcome {
  return evaluate(null, { ...options, source: 'inputs', overrides: inputs });
}

function evaluate(document: PlanDocument | null, origin: Origin): PlanOutcome {
  const tree = document?.tree ?? {};
  const inputs = {
    ...origin.overrides,
    environment: origin.environment ?? origin.overrides?.environment ?? null,
  };
  const written = tree.environment;
  const selected = inputs.environment ?? (typeof written === 'string' ? written : null);
  const sections = readSections(tree);
  const variants = evaluateAll({ tree, sections: sections.byName, selected, inputs, origin });
  const general = { document, environment: null, written: tree, tree, inputs };
  const choice = choiceFindings({
    selected,
    known: [...sections.byName.keys()],
    isWritten: written !== undefined,
  });
  const problems = [
    ...[...sections.findings, ...choice].map((finding) => locate(finding, general)),
    ...variantProblems(variants, document),
  ];
  const chosen = variants.find((variant) => variant.environment === selected);
  if (problems.length > 0 || chosen === undefined) return { problems: byLine(problems) };
  return { plan: chosen.plan };
}

/** One plan for each environment of the file; where it names none, the one that is asked for. */
function evaluateAll(options: {
  readonly tree: Tree;
  readonly sections: ReadonlyMap<string, Tree>;
  readonly selected: string | null;
  readonly inputs: Partial<PlanInputs>;
  readonly origin: Origin;
}): Variant[] {
  const { tree, sections, selected, inputs, origin } = options;
  const { environments: _, ...base } = tree;
  const names = sections.size > 0 ? [...sections.keys()] : [selected ?? ''];
  return names.map((environment) => {
    const isSelected = environment === (selected ?? '');
    return evaluateVariant({
      base,
      section: sections.get(environment) ?? {},
      environment,
      inputs: isSelected ? inputs : {},
      isComplete: isSelected || !changesThePlan(inputs),
      source: origin.source,
      defaultService: inputs.service ?? origin.defaultService,
    });
  });
}

function changesThePlan({ service: _, environment: __, ...rest }: Partial<PlanInputs>): boolean {
  return Object.values(rest).some((value) => value !== null && value !== undefined);
}

function choiceFindings(options: {
  readonly selected: string | null;
  readonly known: readonly string[];
  readonly isWritten: boolean;
}): Finding[] {
  const { selected, known, isWritten } = options;
  if (selected !== null) {
    return known.length === 0 || known.includes(selected) ? [] : [unknownEnvironment(selected, known)];
  }
  if (isWritten) return [];
  const example = known[0] ?? 'production';
  return [
    {
      path: ['environment'],
      rule: 'A release goes to an environment, and none is named',
      remedy: `Give the input \`environment\`, or write for example \`environment: ${example}\` in the plan.`,
    },
  ];
}

/** Each problem once. One that only some environments have says which, unless it stands in their section. */
function variantProblems(variants: readonly Variant[], document: PlanDocument | null): Problem[] {
  const found = new Map<string, { problem: Problem; environments: string[] }>();
  for (const variant of variants) {
    const view: View = { ...variant, document };
    const known = isTree(document?.tree.environments) ? Object.keys(document.tree.environments) : [];
    for (const finding of [...variant.findings, ...placedBefore(variant.plan, known)]) {
      const problem = locate(finding, view);
      const key = JSON.stringify(problem);
      const same = found.get(key);
      if (same === undefined) found.set(key, { problem, environments: [variant.environment] });
      else if (!same.environments.includes(variant.environment)) same.environments.push(variant.environment);
    }
  }
  return [...found.values()].map(({ problem, environments }) => {
    const isGeneral = environments.length === variants.length;
    if (isGeneral || /^(environments\.|input )/.test(problem.path)) return problem;
    return { ...problem, rule: `${problem.rule} (in ${environments.join(', ')})` };
  });
}

/** In the order of the file; what has no line first. */
function byLine(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}
