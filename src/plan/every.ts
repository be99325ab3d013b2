import { merge } from './merge.js';
import { parsePlan } from './parse.js';
import { isTree, type Tree } from './path.js';
import type { Plan } from './plan.js';
import type { PlanInputs } from './plan-inputs.js';
import type { Problem } from './problem.js';
import { readSections } from './sections.js';
import { readDocument } from './yaml/document.js';

/** A plan of one environment, and the keys of the file that it was made from. */
export interface PlanOfFile {
  readonly plan: Plan;
  readonly written: Tree;
}

export type EveryPlan = { readonly plans: readonly PlanOfFile[] } | { readonly problems: readonly Problem[] };

/** Reads the plan of each environment that a file names, or tells all that is wrong with it. */
export function parseEvery(origin: {
  readonly text: string;
  readonly source: string;
  readonly overrides?: Partial<PlanInputs>;
  readonly defaultService: string;
}): EveryPlan {
  const reading = readDocument(origin.text);
  if ('problems' in reading) return reading;
  const { environments: _, ...base } = reading.document.tree;
  const sections = readSections(reading.document.tree).byName;
  const { overrides, ...rest } = origin;
  const asked = overrides?.environment ?? null;
  const names = sections.size > 0 ? [...sections.keys()] : [base.environment, asked];
  const known = names.filter((name) => typeof name === 'string' && name !== '');
  const found = [...new Set(known.length === 0 ? [null] : known)].map((environment) => {
    const outcome = parsePlan({
      ...rest,
      ...(typeof environment === 'string' ? { environment } : {}),
      overrides: { ...overrides, environment: null },
    });
    return { outcome, section: sections.get(String(environment)) ?? {} };
  });
  const plans: PlanOfFile[] = [];
  for (const { outcome, section } of found) {
    if ('problems' in outcome) return outcome;
    plans.push({ plan: outcome.plan, written: isTree(section) ? merge(base, section) : base });
  }
  return { plans };
}
