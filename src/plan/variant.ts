import type { Finding } from './finding.js';
import { merge } from './merge.js';
import { mendName } from './names.js';
import { normalise } from './normalise.js';
import type { Tree } from './path.js';
import type { Plan } from './plan.js';
import { applyInputs, type PlanInputs } from './plan-inputs.js';
import { judgePlan } from './rules.js';
import { type PlanFile, planFile } from './schema/file.js';
import { translate } from './translate.js';

/** What a plan says for one environment, and what is wrong with it there. */
export interface Variant {
  readonly environment: string;
  /** The file's keys with the section laid over, and the same with the inputs laid over. */
  readonly written: Tree;
  readonly tree: Tree;
  readonly inputs: Partial<PlanInputs>;
  /** Only to be used when there are no findings: what could not be read is absent from it. */
  readonly plan: Plan;
  readonly findings: readonly Finding[];
}

export function evaluateVariant(options: {
  readonly base: Tree;
  readonly section: Tree;
  readonly environment: string;
  readonly inputs: Partial<PlanInputs>;
  /** False when the workflow adds inputs that are not known here: then only the form is judged. */
  readonly isComplete: boolean;
  readonly source: string;
  readonly defaultService: string | undefined;
}): Variant {
  const { environment, inputs, source, defaultService } = options;
  const written = merge(options.base, options.section);
  const tree = applyInputs(written, inputs);
  const { file, findings, broken } = read(tree);
  const service = file.service ?? (defaultService ? mendName(defaultService) : null);
  const plan = normalise(file, { source, service: service ?? '', environment });
  return {
    environment,
    written,
    tree,
    inputs,
    plan,
    findings: [
      ...findings,
      ...(service === null && !broken.has('service') ? [missingService] : []),
      ...(options.isComplete ? judgePlan(plan, broken) : []),
    ],
  };
}

const missingService: Finding = {
  path: ['service'],
  rule: 'A release is of a service',
  remedy: 'Name it, for example `service: shop`.',
};

/** Reads what can be read, so that one wrong key does not hide what is wrong with the others. */
function read(tree: Tree): { file: PlanFile; findings: readonly Finding[]; broken: ReadonlySet<string> } {
  const { data, error } = planFile.safeParse(tree);
  if (data !== undefined) return { file: data, findings: [], broken: new Set() };
  const findings = translate(error.issues, { schema: planFile, tree });
  const broken = new Set(findings.map(({ path }) => String(path[0])));
  const sound = Object.fromEntries(Object.entries(tree).filter(([key]) => !broken.has(key)));
  return { file: planFile.parse(sound), findings, broken };
}
