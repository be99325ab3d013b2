import { ReleaseProblem } from './problem.js';
import { VERSION, VERSION_FORM } from './version.js';

/** What started the run, as the runner tells it. */
export interface RunContext {
  readonly event: string;
  readonly sha: string;
  /** `refs/heads/main`, `refs/tags/v1` */
  readonly ref: string;
  readonly repository: string;
  readonly actor: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface ReleaseCommit {
  /** 40 digits, or the shorter form given in the input. */
  readonly sha: string;
  /** The branch that a rollback commit goes to; null when nothing names one. */
  readonly branch: string | null;
  readonly tag: string | null;
}

/** The commit to release, by event (DESIGN §2). Throws a `ReleaseProblem` when the event may not release. */
export function releaseCommit(run: RunContext, shaInput: string | null): ReleaseCommit {
  const fromEvent = commitOfEvent(run);
  return shaInput === null ? fromEvent : { ...fromEvent, sha: shaInput };
}

/** Whether everybody can read what is reported there. Where the event does not say, everybody may be reading. */
export function isPublic({ payload: { repository } }: Pick<RunContext, 'payload'>): boolean {
  return !(
    typeof repository === 'object' &&
    repository !== null &&
    'private' in repository &&
    repository.private === true
  );
}

/** The version when none is given: the tag, or the first seven digits of the commit. Throws where the tag can be none. */
export function defaultVersion({ tag, sha }: ReleaseCommit): string {
  if (tag === null || VERSION.test(tag)) return tag ?? sha.slice(0, 7);
  throw new ReleaseProblem(
    'input-invalid',
    `input version: the tag ${JSON.stringify(tag)} cannot be a version, which is ${VERSION_FORM}; give a \`version\``,
  );
}

function commitOfEvent(run: RunContext): ReleaseCommit {
  switch (run.event) {
    case 'push':
    case 'workflow_dispatch':
    case 'release':
    case 'repository_dispatch':
    case 'schedule':
      return fromRef(run);
    case 'workflow_run':
      return fromWorkflowRun(run);
    default:
      throw new ReleaseProblem(
        'unsupported-event',
        `the event ${run.event} releases nothing; push, workflow_dispatch, release, repository_dispatch, schedule and workflow_run do`,
      );
  }
}

function fromRef(run: RunContext): ReleaseCommit {
  const tag = run.ref.startsWith('refs/tags/') ? run.ref.slice('refs/tags/'.length) : null;
  const branch = run.ref.startsWith('refs/heads/') ? run.ref.slice('refs/heads/'.length) : null;
  // An annotated tag is an object of its own; the push names the commit below it.
  const peeled = tag === null ? null : text(run.payload, 'head_commit', 'id');
  return { sha: peeled ?? run.sha, tag, branch: branch ?? text(run.payload, 'repository', 'default_branch') };
}

/** A run of another workflow may have been started by anyone with a fork: only a push here, and green, counts. */
function fromWorkflowRun(run: RunContext): ReleaseCommit {
  const event = text(run.payload, 'workflow_run', 'event');
  const conclusion = text(run.payload, 'workflow_run', 'conclusion');
  const head = text(run.payload, 'workflow_run', 'head_repository', 'full_name');
  const sha = text(run.payload, 'workflow_run', 'head_sha');
  const wrong = [
    event === 'push' ? null : `its event is ${event ?? 'unknown'}, not push`,
    head === run.repository ? null : `its head repository is ${head ?? 'unknown'}, not ${run.repository}`,
    conclusion === 'success' ? null : `its conclusion is ${conclusion ?? 'unknown'}, not success`,
    sha ? null : 'it names no commit',
  ].filter((reason) => reason !== null);
  if (wrong.length > 0 || !sha) {
    throw new ReleaseProblem(
      'untrusted-trigger',
      `the workflow run may not start a release: ${wrong.join('; ')}`,
    );
  }
  return { sha, tag: null, branch: text(run.payload, 'workflow_run', 'head_branch') };
}

function text(value: unknown, ...path: readonly string[]): string | null {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return null;
    at = (at as Record<string, unknown>)[key];
  }
  return typeof at === 'string' && at !== '' ? at : null;
}
