import { resolve } from 'node:path';
import { GithubError, type LedgerStanding } from './github/contract.js';
import type { Inputs } from './inputs.js';
import { parsePlan, planFromInputs } from './plan/parse.js';
import type { Plan } from './plan/plan.js';
import type { Problem } from './plan/problem.js';
import { readDocument } from './plan/yaml/document.js';
import { ReleaseProblem } from './release/problem.js';
import type { Ports } from './stages/context.js';
import type { World } from './world.js';

/** One plan file of the workspace. */
export interface PlanFile {
  readonly path: string;
  /** null when the file says none and cannot be read. */
  readonly service: string | null;
  /** Why no environment has a plan in this file; empty when one has. */
  readonly problems: readonly Problem[];
  /** The plan for an environment; the problems when it has none. */
  readonly forEnvironment: (
    environment: string,
  ) => { readonly plan: Plan } | { readonly problems: readonly Problem[] };
}

/** The plan files that the input `plan` names, a path or a glob; the inputs alone where `promote` is given. */
export function plansOf(world: World, inputs: Inputs): readonly PlanFile[] {
  const defaultService = (world.env.GITHUB_REPOSITORY ?? '').split('/')[1] ?? '';
  const files = world.findFiles(inputs.plan).map((path) => fileOf(world, inputs, { path, defaultService }));
  if (files.length > 0 || inputs.promote === null) return files;
  const forEnvironment = (environment: string) =>
    planFromInputs({ ...inputs, environment }, { defaultService });
  return [{ path: 'inputs', service: inputs.service ?? defaultService, problems: [], forEnvironment }];
}

function fileOf(
  world: World,
  inputs: Inputs,
  { path, defaultService }: { readonly path: string; readonly defaultService: string },
): PlanFile {
  const text = world.readFile(resolve(world.env.GITHUB_WORKSPACE ?? '.', path)) ?? '';
  const parse = (environment: string | null) =>
    parsePlan({
      ...{ text, source: path, defaultService, overrides: inputs },
      ...(environment === null ? {} : { environment }),
    });
  const forEnvironment = (environment: string) => ownPlan(parse, environment);
  let problems: readonly Problem[] = [];
  // Last the one whose problems say most: one that the file names is not unknown to it.
  for (const environment of [inputs.environment ?? ANY, ...environmentsIn(text)]) {
    const read = parse(environment);
    if ('plan' in read) return { path, service: read.plan.service, problems: [], forEnvironment };
    problems = read.problems;
  }
  return { path, service: serviceIn(text), problems, forEnvironment };
}

function environmentsIn(text: string): readonly string[] {
  const read = readDocument(text);
  const found = 'document' in read ? read.document.tree.environments : null;
  return typeof found === 'object' && found !== null ? Object.keys(found) : [];
}

/** No environment that a plan would name. */
const ANY = 'any-at-all';

type Parse = (environment: string | null) => ReturnType<typeof parsePlan>;

/** A plan that is written for one environment alone must not be carried out in another. */
function ownPlan(parse: Parse, environment: string): ReturnType<typeof parsePlan> {
  const written = parse(null);
  const isForOne = 'plan' in written && 'plan' in parse(ANY);
  if (!isForOne || written.plan.environment === environment) return parse(environment);
  const found = written.plan.environment;
  return {
    problems: [
      {
        path: 'environment',
        rule: `The plan is for ${found}, and ${environment} is asked for`,
        found,
        remedy: `Give \`plan\` a file for ${environment}, or write \`environments\` into this one.`,
      },
    ],
  };
}

/** Of a plan that has problems in other places. */
function serviceIn(text: string): string | null {
  return /^["']?service["']?\s*:\s*["']?([a-z0-9][a-z0-9._-]*)/m.exec(text)?.[1] ?? null;
}

/** All ledgers of the repository. Throws `github-unreachable`, or `permission-missing` when the token may not read. */
export async function readLedgers({ github }: Ports): Promise<readonly LedgerStanding[]> {
  try {
    return await github.facts.ledgers();
  } catch (error) {
    if (!(error instanceof GithubError)) throw error;
    const reason = error.kind === 'forbidden' ? 'permission-missing' : 'github-unreachable';
    throw new ReleaseProblem(reason, error.message, { cause: error, verdict: 'errored' });
  }
}

/**
 * The services of the plans that have no ledger in the environment asked for, in any when none is: never released, or
 * its branch is gone, or the environment is spelt wrong. Which of these it is costs requests that a schedule should
 * not make.
 */
export function withoutLedger(
  { environment }: Pick<Inputs, 'environment'>,
  { plans, ledgers }: { readonly plans: readonly PlanFile[]; readonly ledgers: readonly LedgerStanding[] },
): readonly string[] {
  const services = [...new Set(plans.flatMap(({ service }) => service ?? []))];
  const has = (service: string) =>
    ledgers.some(
      (one) => one.service === service && (environment === null || one.environment === environment),
    );
  return services
    .filter((service) => !has(service))
    .map((service) => (environment === null ? service : `${service}/${environment}`));
}

/** A line for people; none when each service has one. */
export function unknownLine(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, MOST_NAMED).join(', ');
  const more = names.length > MOST_NAMED ? ' and others' : '';
  return [
    `there is no ledger of ${shown}${more}: never released there, or its branch is gone, or \`environment\` names another one`,
  ];
}

export const MOST_NAMED = 5;

/** GitHub for reading what belongs to no service in particular. */
export function portsForReading(world: World, inputs: Inputs): Ports {
  const nothing = { ...inputs, service: 'any', environment: 'any', promote: 'false' };
  const read = planFromInputs(
    { ...nothing, canaryUrl: null, steps: null, watchMs: null },
    { defaultService: 'any' },
  );
  if (!('plan' in read)) throw new ReleaseProblem('internal', 'a plan of nothing but `promote` was refused');
  return world.ports({
    inputs,
    plan: read.plan,
    release: '',
    sha: '',
    workspace: world.env.GITHUB_WORKSPACE ?? '.',
  });
}
