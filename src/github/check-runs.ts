import { type CheckOutput, checkOutput, type OutputAnnotation } from './check-output.js';
import type { Client } from './client.js';
import type { CheckReport } from './contract.js';
import { failureOf } from './errors.js';
import { insist, type Patience } from './insist.js';

export interface CheckRunsOptions {
  readonly client: Client;
  /** The release commit. */
  readonly sha: () => string;
  readonly release: () => string;
  readonly runUrl: string;
  /** Check runs that an earlier run of this release made: name → id. */
  readonly known: () => Readonly<Record<string, number>>;
  readonly redact: (text: string) => string;
  readonly patience: Patience;
}

/** One check run a name: made once, then updated. Not for two reports of one name at the same time. */
export interface CheckRuns {
  /** Rejects as Octokit does. */
  send(report: CheckReport): Promise<void>;
  /** Whether a check run of this name stands on the commit, even one that cannot be written any more. */
  has(name: string): boolean;
  ids(): Readonly<Record<string, number>>;
  /** Adopts the runs of this release that are in progress and unknown here; returns their names. */
  adoptLeft(): Promise<readonly string[]>;
}

interface Slot {
  id: number | null;
  stands: boolean;
  /** Annotations append with each request, so that each is sent once. */
  readonly sent: Set<string>;
}

type RunOutput = CheckOutput['output'] & { annotations: OutputAnnotation[] };

export function createCheckRuns(options: CheckRunsOptions): CheckRuns {
  const slots = new Map<string, Slot>();
  const slotOf = (name: string): Slot => {
    const id = options.known()[name] ?? null;
    const slot = slots.get(name) ?? { id, stands: id !== null, sent: new Set<string>() };
    slots.set(name, slot);
    return slot;
  };
  return {
    send: (report) => send(options, { report, slot: slotOf(report.name) }),
    has: (name) => slotOf(name).stands,
    ids: () => {
      const made = [...slots].flatMap(([name, { id }]) => (id === null ? [] : [[name, id] as const]));
      return { ...options.known(), ...Object.fromEntries(made) };
    },
    adoptLeft: async () => {
      const left = (await inProgress(options)).filter(({ name }) => !slots.has(name));
      for (const { id, name } of left) slots.set(name, { id, stands: true, sent: new Set() });
      return left.map(({ name }) => name);
    },
  };
}

async function send(options: CheckRunsOptions, sending: { report: CheckReport; slot: Slot }): Promise<void> {
  const { report, slot } = sending;
  const { output, batches } = checkOutput(report, options.redact);
  const [first = [], ...others] = batches
    .map((batch) => batch.filter((annotation) => !slot.sent.has(JSON.stringify(annotation))))
    .filter((batch) => batch.length > 0);
  const id = await createOrUpdate(options, { report, slot, output: { ...output, annotations: first } });
  remember(slot, first);
  for (const annotations of others) {
    await update(options, { report, id, output: { ...output, annotations } });
    remember(slot, annotations);
  }
}

async function createOrUpdate(
  options: CheckRunsOptions,
  sending: { report: CheckReport; slot: Slot; output: RunOutput },
): Promise<number> {
  const { report, slot, output } = sending;
  if (slot.id !== null) {
    try {
      await update(options, { report, id: slot.id, output });
      return slot.id;
    } catch (error) {
      // Gone with the workflow run that it was shown under, or made by another App: a new one takes its place.
      const { kind } = failureOf(error);
      if (kind !== 'not-found' && kind !== 'forbidden') throw error;
      slot.id = null;
      slot.stands = kind === 'forbidden';
    }
  }
  slot.id = await create(options, { report, output });
  slot.stands = true;
  return slot.id;
}

async function inProgress({ client, sha, release }: CheckRunsOptions) {
  const { octokit, at } = client;
  const query = {
    ...at,
    ref: sha(),
    filter: 'latest' as const,
    status: 'in_progress' as const,
    per_page: 100,
  };
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', query);
  return data.check_runs.filter(({ external_id }) => external_id === release());
}

function create(
  { client, sha, release, runUrl, patience }: CheckRunsOptions,
  { report, output }: { report: CheckReport; output: RunOutput },
): Promise<number> {
  const { octokit, at } = client;
  const { name } = report;
  const head = { ...at, name, head_sha: sha(), external_id: release(), details_url: runUrl };
  return insist(
    {
      what: `post the check "${name}"`,
      attempt: async () => {
        const { data } = await octokit.request('POST /repos/{owner}/{repo}/check-runs', {
          ...head,
          ...stateOf(report),
          output,
        });
        return data.id;
      },
      readBack: async () => {
        const query = { ...at, ref: head.head_sha, check_name: name, filter: 'latest' as const };
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', query);
        return data.check_runs.find(({ external_id }) => external_id === head.external_id)?.id;
      },
    },
    patience,
  );
}

async function update(
  { client, patience }: CheckRunsOptions,
  { report, id, output }: { report: CheckReport; id: number; output: RunOutput },
): Promise<void> {
  const { octokit, at } = client;
  await insist(
    {
      what: `update the check "${report.name}"`,
      attempt: () =>
        octokit.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
          ...at,
          check_run_id: id,
          ...stateOf(report),
          output,
        }),
    },
    patience,
  );
}

function stateOf({ status, conclusion }: CheckReport) {
  if (status === 'in_progress') return { status };
  // A stage that ended without saying how has not passed.
  return { status, conclusion: conclusion ?? ('failure' as const) };
}

function remember(slot: Slot, annotations: readonly OutputAnnotation[]): void {
  for (const annotation of annotations) slot.sent.add(JSON.stringify(annotation));
}
