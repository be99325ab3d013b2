import { created, invalid, notFound, ok } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { apiUrl, nodeId, type World } from '../world.js';
import { listed } from './pages.js';
import { EITHER, subject } from './subjects.js';

export interface LabelRecord {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

/** A label in a request: its name, or an object with it. */
export type GivenLabel = string | { readonly name?: string };

export const labelRoutes = [
  ...reading(EITHER, {
    'issues/list-labels-on-issue': (call) =>
      listed(call, subject(call.world, call.path.issue_number).labels, (name) =>
        renderLabel(call.world, name),
      ),
    'issues/list-labels-for-repo': (call) =>
      listed(call, call.world.labels, ({ name }) => renderLabel(call.world, name)),
    'issues/get-label': getLabel,
  }),
  ...writing(EITHER, {
    'issues/add-labels': (call) => changeLabels(call, (present, given) => [...present, ...given]),
    'issues/set-labels': (call) => changeLabels(call, (_present, given) => [...given]),
    'issues/remove-label': removeLabel,
    'issues/create-label': createLabel,
  }),
];

function getLabel({ world, path }: Call) {
  const name = path.name ?? '';
  if (!world.labels.some((label) => sameLabel(label.name, name))) throw notFound();
  return ok(renderLabel(world, name));
}

function changeLabels({ world, path, body }: Call, merge: (present: string[], given: string[]) => string[]) {
  const issue = subject(world, path.issue_number);
  const given = (body ?? {}) as { labels?: readonly GivenLabel[] };
  issue.labels = known(world, merge(issue.labels, namesOf(given.labels ?? [])));
  return ok(issue.labels.map((name) => renderLabel(world, name)));
}

function removeLabel({ world, path }: Call) {
  const issue = subject(world, path.issue_number);
  const name = path.name ?? '';
  if (!issue.labels.some((label) => sameLabel(label, name))) throw notFound();
  issue.labels = issue.labels.filter((label) => !sameLabel(label, name));
  return ok(issue.labels.map((label) => renderLabel(world, label)));
}

function createLabel({ world, body }: Call) {
  const {
    name,
    color = 'ededed',
    description = null,
  } = body as { name: string; color?: string; description?: string };
  if (world.labels.some((label) => sameLabel(label.name, name))) {
    throw invalid({ resource: 'Label', field: 'name', code: 'already_exists' });
  }
  world.labels.push({ id: world.nextId(), name, color: color.replace('#', ''), description });
  return created(renderLabel(world, name));
}

/** A label that does not exist yet comes into being by its use. */
export function known(world: World, names: readonly string[]): string[] {
  const unique = [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
  return unique.map((name) => {
    const found = world.labels.find((label) => sameLabel(label.name, name));
    if (found === undefined)
      world.labels.push({ id: world.nextId(), name, color: 'ededed', description: null });
    return found?.name ?? name;
  });
}

export function namesOf(labels: readonly GivenLabel[]): string[] {
  return labels.map((label) => (typeof label === 'string' ? label : (label.name ?? '')));
}

/** Names of labels differ by more than their case. */
export function sameLabel(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function renderLabel(world: World, name: string) {
  const label = world.labels.find((candidate) => sameLabel(candidate.name, name));
  return {
    id: label?.id ?? 0,
    node_id: nodeId('Label', label?.id ?? 0),
    url: apiUrl(world, `/labels/${encodeURIComponent(name)}`),
    name: label?.name ?? name,
    description: label?.description ?? null,
    color: label?.color ?? 'ededed',
    default: false,
  };
}
