import { formatDuration } from './duration.js';
import { isTree, type Path, startsWith, type Tree } from './path.js';

/** The inputs of the action that say what a plan can say; null when not given. */
export interface PlanInputs {
  readonly service: string | null;
  readonly environment: string | null;
  readonly verify: string | null;
  readonly backup: string | null;
  readonly canary: string | null;
  readonly traffic: string | null;
  readonly promote: string | null;
  readonly rollback: string | null;
  readonly inService: string | null;
  readonly ready: string | null;
  readonly canaryUrl: string | null;
  readonly baselineUrl: string | null;
  readonly watchMs: number | null;
  readonly steps: readonly { readonly weight: number; readonly forMs: number }[] | null;
}

/** The keys that the inputs stand for, in the order in which they are laid over the plan. */
const KEYS = [
  { input: 'service', path: ['service'] },
  { input: 'environment', path: ['environment'] },
  { input: 'verify', path: ['verify'] },
  { input: 'backup', path: ['backup'] },
  { input: 'canary', path: ['canary', 'run'] },
  { input: 'traffic', path: ['canary', 'traffic'] },
  { input: 'steps', path: ['canary', 'steps'] },
  { input: 'promote', path: ['promote'] },
  { input: 'rollback', path: ['rollback'] },
  { input: 'in-service', path: ['in-service'] },
  { input: 'ready', path: ['ready'] },
  { input: 'canary-url', path: ['metrics', 'errors'] },
  { input: 'baseline-url', path: ['metrics', 'latency'] },
  { input: 'watch', path: ['watch'] },
] as const satisfies readonly { input: string; path: Path }[];

type InputName = (typeof KEYS)[number]['input'];

/** What an input makes of the value that the plan has. */
type Change = (current: unknown) => unknown;

const DEFAULT_STEPS = [
  { weight: 5, for: '10m' },
  { weight: 25, for: '10m' },
  { weight: 50, for: '10m' },
];

/** Lays the inputs over the plan's keys of the same meaning. What else the plan says there stays as it is. */
export function applyInputs(tree: Tree, inputs: Partial<PlanInputs>): Tree {
  const changes = changesOf(inputs);
  const changed = KEYS.reduce<Tree>((current, { input, path }) => {
    const change = changes[input];
    return change === undefined ? current : setAt(current, path, change);
  }, tree);
  return withDefaultSteps(changed, inputs);
}

/** The given input that a value at `path` came from; null when it came from the plan. */
export function inputAt(path: Path, inputs: Partial<PlanInputs>): string | null {
  const changes = changesOf(inputs);
  return KEYS.find((key) => changes[key.input] !== undefined && startsWith(path, key.path))?.input ?? null;
}

/** The input by which a value at `path` could be given; null when only a file can hold it. */
export function inputFor(path: Path): string | null {
  return KEYS.find((key) => startsWith(path, key.path))?.input ?? null;
}

function changesOf(inputs: Partial<PlanInputs>): Partial<Record<InputName, Change>> {
  const { steps, watchMs, canaryUrl, baselineUrl, verify, ready } = inputs;
  return {
    ...given('service', inputs.service, replace),
    ...given('environment', inputs.environment, replace),
    ...given('verify', verify, (run) => (current) => ({ ...feedbackOf(current), verify: run })),
    ...given('backup', inputs.backup, replace),
    ...given('canary', inputs.canary, replaceScript),
    ...given('traffic', inputs.traffic, replaceScript),
    ...given(
      'steps',
      steps,
      (list) => () => list.map((step) => ({ weight: step.weight, for: formatDuration(step.forMs) })),
    ),
    ...given('promote', inputs.promote, replaceScript),
    ...given('rollback', inputs.rollback, replaceScript),
    ...given('in-service', inputs.inService, replaceScript),
    ...given('ready', ready, (url) => (current) => (isTree(current) ? { ...current, url } : url)),
    ...given('canary-url', canaryUrl, (canary) => () => errorsOf(canary, baselineUrl ?? null)),
    // Without the canary it compares nothing; the inputs say so before.
    ...(canaryUrl
      ? given('baseline-url', baselineUrl, (baseline) => () => latencyOf(canaryUrl, baseline))
      : {}),
    ...given('watch', watchMs, (ms) => () => ({ for: formatDuration(ms) })),
  };
}

/** The input replaces the suites, and not who is told of them. */
function feedbackOf(verify: unknown): Tree {
  return isTree(verify) && verify.feedback !== undefined ? { feedback: verify.feedback } : {};
}

function errorsOf(canary: string, baseline: string | null): Tree {
  if (baseline === null) return { kind: 'errors', probe: { canary }, limit: '1%' };
  return { kind: 'errors', probe: { canary, baseline }, limit: '1%', 'worse-by': '0.5pp' };
}

/** Asks what `errors` asks, so that both share the requests. */
function latencyOf(canary: string, baseline: string): Tree {
  return { kind: 'latency', probe: { canary, baseline }, quantile: 'p95', 'worse-by': '10%' };
}

function given<T>(input: InputName, value: T | null | undefined, change: (value: T) => Change) {
  return value === null || value === undefined ? {} : { [input]: change(value) };
}

function replace(value: unknown): Change {
  return () => value;
}

/** Replaces the script and keeps what stands beside it, such as its timeout; a URL in its place goes. */
function replaceScript(run: string): Change {
  return (current) => {
    if (!isTree(current) || Object.hasOwn(current, 'url')) return run;
    return isTree(current.run) ? { ...current, run: { ...current.run, run } } : { ...current, run };
  };
}

function setAt(tree: Tree, path: Path, change: Change): Tree {
  const [key = '', ...rest] = path.map(String);
  const current = tree[key];
  if (rest.length === 0) return { ...tree, [key]: change(current) };
  return { ...tree, [key]: setAt(isTree(current) ? current : {}, rest, change) };
}

/** A canary by inputs alone rises in the usual steps. A plan says its steps itself. */
function withDefaultSteps(tree: Tree, inputs: Partial<PlanInputs>): Tree {
  const canary = tree.canary;
  const asked = typeof inputs.traffic === 'string';
  if (!asked || !isTree(canary) || canary.steps !== undefined) return tree;
  return { ...tree, canary: { ...canary, steps: DEFAULT_STEPS } };
}
