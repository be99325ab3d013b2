import { created, malformed, notFound, ok, Refusal } from '../answer.js';
import { type Call, reading, writing } from '../call.js';
import { timestamp } from '../clock.js';
import { type App, GITHUB_ACTIONS } from '../tokens.js';
import { apiUrl, nodeId, pageUrl, type World } from '../world.js';
import { renderApp } from './accounts.js';
import { commitFor } from './commits.js';
import { page } from './pages.js';

export interface CheckAnnotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: 'notice' | 'warning' | 'failure';
  readonly message: string;
  readonly title?: string;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly raw_details?: string;
}

export interface CheckRunRecord {
  readonly id: number;
  readonly headSha: string;
  readonly app: App;
  /** A job of a workflow: only Actions itself sets its status and conclusion. */
  readonly ofJob: boolean;
  name: string;
  status: string;
  conclusion: string | null;
  startedAt: string | null;
  completedAt: string | null;
  externalId: string;
  detailsUrl: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: CheckAnnotation[];
}

/** In bytes. */
export const MAX_TEXT = 65_535;

interface Output {
  readonly title?: string;
  readonly summary: string;
  readonly text?: string;
  readonly annotations?: readonly CheckAnnotation[];
}

interface CheckBody {
  readonly name?: string;
  readonly head_sha?: string;
  readonly status?: string;
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly external_id?: string;
  readonly details_url?: string;
  readonly output?: Output;
}

export const checkRoutes = [
  ...reading('checks', {
    'checks/get': ({ world, path }) => ok(renderCheckRun(world, find(world, path.check_run_id))),
    'checks/list-annotations': (call) => {
      const { items, headers } = page(call, find(call.world, call.path.check_run_id).annotations);
      return { ...ok(items.map((annotation) => renderAnnotation(call.world, annotation))), headers };
    },
    'checks/list-for-ref': listForRef,
  }),
  ...writing('checks', { 'checks/create': create, 'checks/update': update }),
];

async function create({ world, caller, body }: Call) {
  const given = body as CheckBody;
  const headSha = await commitFor(world, given.head_sha ?? '');
  const run: CheckRunRecord = {
    id: world.nextId(),
    headSha,
    app: caller.app ?? GITHUB_ACTIONS,
    ofJob: false,
    name: given.name ?? '',
    status: 'queued',
    conclusion: null,
    startedAt: timestamp(world.now()),
    completedAt: null,
    externalId: '',
    detailsUrl: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
  };
  change(world, run, given);
  world.checkRuns.push(run);
  return created(renderCheckRun(world, run));
}

function update({ world, caller, path, body }: Call) {
  const run = find(world, path.check_run_id);
  const given = body as CheckBody;
  if (run.app.id !== caller.app?.id) {
    const by = caller.app?.id ?? 0;
    throw new Refusal(
      403,
      `Invalid app_id \`${by}\` - check run can only be modified by the GitHub App that created it.`,
    );
  }
  if (run.ofJob && (given.status !== undefined || given.conclusion !== undefined)) {
    throw new Refusal(
      403,
      'Check run status and conclusions can only be updated internally by GitHub Actions',
    );
  }
  change(world, run, given);
  return ok(renderCheckRun(world, run));
}

/** Everything is looked at before anything is changed. */
function change(world: World, run: CheckRunRecord, given: CheckBody): void {
  if (given.status === 'completed' && given.conclusion === undefined && run.conclusion === null) {
    throw malformed('"conclusion" wasn\'t supplied.');
  }
  const summary = given.output?.summary;
  if (summary !== undefined && Buffer.byteLength(summary) > MAX_TEXT) {
    throw malformed(`Only ${MAX_TEXT} characters are allowed; ${Buffer.byteLength(summary)} were supplied.`);
  }
  run.name = given.name ?? run.name;
  run.externalId = given.external_id ?? run.externalId;
  run.startedAt = given.started_at ?? run.startedAt;
  if (run.app.id !== GITHUB_ACTIONS.id) run.detailsUrl = given.details_url ?? run.detailsUrl;
  changeState(world, run, given);
  if (given.output !== undefined) changeOutput(run, given.output);
}

function changeState(world: World, run: CheckRunRecord, given: CheckBody): void {
  if (given.conclusion !== undefined) {
    run.status = 'completed';
    run.conclusion = given.conclusion;
    run.completedAt = given.completed_at ?? timestamp(world.now());
  } else if (given.status !== undefined && given.status !== 'completed') {
    run.status = given.status;
    run.conclusion = null;
    run.completedAt = null;
  }
}

/** The output is replaced as a whole, but its annotations are added to those that are there. */
function changeOutput(run: CheckRunRecord, { title, summary, text, annotations = [] }: Output): void {
  run.title = title ?? run.title;
  run.summary = summary;
  run.text = text === undefined ? null : cut(text);
  run.annotations = [...run.annotations, ...annotations];
}

/** Cut at the limit, without half a character at the end. */
export function cut(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= MAX_TEXT
    ? text
    : bytes
        .subarray(0, MAX_TEXT)
        .toString('utf8')
        .replace(/\uFFFD$/, '');
}

async function listForRef(call: Call) {
  const { world, path, query } = call;
  const sha = await commitFor(world, path.ref ?? '');
  const matching = world.checkRuns.filter(
    (run) =>
      run.headSha === sha &&
      run.name === (query.check_name ?? run.name) &&
      run.status === (query.status ?? run.status) &&
      run.app.id === Number(query.app_id ?? run.app.id),
  );
  const chosen = query.filter === 'all' ? matching : latest(matching);
  const newestFirst = [...chosen].reverse();
  const { items, headers } = page(call, newestFirst);
  const body = {
    total_count: newestFirst.length,
    check_runs: items.map((run) => renderCheckRun(world, run)),
  };
  return { ...ok(body), headers };
}

/** The newest of each name and app. */
export function latest(runs: readonly CheckRunRecord[]): CheckRunRecord[] {
  return [...new Map(runs.map((run) => [`${run.app.id} ${run.name}`, run])).values()];
}

function find(world: World, id: string | undefined): CheckRunRecord {
  const run = world.checkRuns.find((candidate) => candidate.id === Number(id));
  if (run === undefined) throw notFound();
  return run;
}

function renderCheckRun(world: World, run: CheckRunRecord) {
  const html = pageUrl(world, `/runs/${run.id}`);
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url: apiUrl(world, `/check-runs/${run.id}`),
    html_url: html,
    // GitHub Actions cannot set it.
    details_url: run.detailsUrl ?? html,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: apiUrl(world, `/check-runs/${run.id}/annotations`),
    },
    check_suite: { id: suiteOf(world, run) },
    app: renderApp(world, run.app),
    pull_requests: [],
  };
}

/** A run joins the oldest suite of its app on the commit. */
function suiteOf(world: World, run: CheckRunRecord): number {
  const oldest = world.checkRuns.find(({ headSha, app }) => headSha === run.headSha && app.id === run.app.id);
  return 1_000_000 + (oldest ?? run).id;
}

function renderAnnotation(world: World, annotation: CheckAnnotation) {
  return {
    start_column: null,
    end_column: null,
    title: null,
    raw_details: null,
    blob_href: apiUrl(world, `/git/blobs/${annotation.path}`),
    ...annotation,
  };
}
