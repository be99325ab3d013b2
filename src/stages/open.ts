import { decide, verdictLine } from '../gates/decide.js';
import type { GateVerdict } from '../gates/verdict.js';
import type { Comparison } from '../github/contract.js';
import { pathMatcher } from '../plan/globs.js';
import type { Plan } from '../plan/plan.js';
import { variablesOf } from '../plan/variables.js';
import type { Current } from '../release/current.js';
import type { NewEvent, Started } from '../release/events.js';
import { Journal, type JournalOptions } from '../release/journal.js';
import { asProblem, ReleaseProblem } from '../release/problem.js';
import type { ReasonCode } from '../release/reasons.js';
import type { LedgerSession } from '../release/session.js';
import type { Ports } from './context.js';
import { driftOf } from './drift.js';
import { askGates, type GateReport } from './gates.js';
import { type History, readHistory } from './history.js';
import { mustBeFree } from './holder.js';
import { type InService, readInService } from './in-service.js';
import { ledgerMustBeThere } from './ledger-there.js';
import type { ReleaseRequest } from './request.js';

/** What the plan stage found. `go` holds the first event; nothing has been written yet. */
export type Opening =
  | {
      readonly kind: 'go';
      readonly started: Omit<Started, 'at' | 'type'>;
      readonly notes: readonly string[];
      readonly inService: InService | null;
      readonly gates: GateReport;
    }
  /** Only time or people are missing. */
  | { readonly kind: 'waiting'; readonly reason: ReasonCode; readonly summary: string }
  | {
      readonly kind: 'nothing-to-do';
      readonly reason: ReasonCode;
      readonly summary: string;
      readonly inService: InService | null;
    };

export interface OpeningOptions {
  readonly request: ReleaseRequest;
  readonly session: LedgerSession;
  readonly ports: Ports;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** The plan stage: may this release begin, and from where would it go back? Only reads. Throws when it may not. */
export async function considerRelease(options: OpeningOptions): Promise<Opening> {
  const { request, session, ports } = options;
  variablesMustBeSet(request.plan, options.env);
  if (await isOwnRollback(options)) {
    const summary = `${request.sha.slice(0, 7)} is the rollback commit of an earlier release: the old version is in service already`;
    return { kind: 'nothing-to-do', reason: 'own-rollback', summary, inService: null };
  }
  const [inService, history] = await Promise.all([
    serving(options),
    readHistory(options),
    ledgerMustBeThere(options),
    trafficMustBeWhole(options),
  ]);
  const nothing = nothingToDo(request, session.current, inService, history.comparison);
  if (nothing) return { kind: 'nothing-to-do', ...nothing, inService };
  const gates = await askGates({
    ...options,
    current: session.current,
    run: session.run.id,
    held: history.held,
  });
  const decision = decide(gates.verdicts);
  if (decision.kind === 'waiting') return decision;
  if (decision.kind === 'blocked') throw blockedBy(decision, gates);
  const notes = notesOn(options, inService, history);
  for (const line of notes) ports.log.warning(line);
  return { kind: 'go', started: startOf(options, inService, history), notes, inService, gates };
}

function blockedBy(
  { reason, summary }: { readonly reason: ReasonCode; readonly summary: string },
  { verdicts }: GateReport,
): ReleaseProblem {
  return new ReleaseProblem(reason, summary, {
    annotations: verdicts.flatMap(({ annotations }) => annotations),
  });
}

/**
 * Our rollback commit releases nothing. One that does not stand right on top of the commit that it takes back holds
 * other work as well, which was never released and goes through its gates.
 */
async function isOwnRollback({ request, ports }: OpeningOptions): Promise<boolean> {
  const from = /^Rolls-Back: (\S+)\.\.\S+$/m.exec(request.commitMessage)?.[1];
  if (!from || !/^Gated-Release: \S+$/m.test(request.commitMessage)) return false;
  const commit = await ports.github.repository.commit(request.sha).catch(() => null);
  return commit?.parents[0] === from;
}

/** Takes the lease and opens the record with its first write. Throws `busy` when someone else was faster. */
export async function openRelease(
  options: JournalOptions & {
    readonly opening: Extract<Opening, { kind: 'go' }>;
    readonly ports: Ports;
  },
): Promise<Journal> {
  const { opening, ports, ...record } = options;
  const { started, notes, gates } = opening;
  const events: NewEvent[] = [
    { type: 'started', ...started },
    { type: 'stage-started', stage: 'plan' },
    ...gates.signOffs.map(({ at: given, ...signOff }) => ({
      type: 'signed-off' as const,
      ...signOff,
      given,
    })),
    {
      type: 'stage-ended',
      stage: 'plan',
      verdict: 'passed',
      reason: null,
      summary: `${started.version} may be released${started.previous ? `; the way back is ${started.previous.version}` : '; there is no earlier version to go back to'}`,
      evidence: [...gates.verdicts.flatMap(evidenceOf), ...notes].map((line) => `- ${line}`),
    },
  ];
  try {
    return await Journal.start(record, events);
  } catch (error) {
    const problem = asProblem(error);
    if (problem.reason !== 'busy') throw problem;
    // Somebody was faster by a moment: say who.
    await record.session.refresh();
    await mustBeFree(record.session, ports);
    throw problem;
  }
}

function evidenceOf(verdict: GateVerdict): readonly string[] {
  return [verdictLine(verdict), ...verdict.evidence];
}

function variablesMustBeSet(plan: Plan, env: OpeningOptions['env']): void {
  const missing = variablesOf(plan).filter((name) => !env[name]);
  if (missing.length === 0) return;
  const list = missing.map((name) => `\`${name}\``).join(', ');
  throw new ReleaseProblem(
    'variable-missing',
    `the plan names ${list}, which ${missing.length === 1 ? 'is' : 'are'} not set or empty`,
  );
}

async function serving(options: OpeningOptions): Promise<InService | null> {
  const { plan } = options.request;
  if (!plan.inService) return null;
  return readInService({
    source: plan.inService,
    ports: options.ports,
    env: options.env,
    signal: options.signal,
    scriptEnv: planVariables(options.request),
  });
}

function planVariables({ plan, release, version, sha }: ReleaseRequest): Record<string, string> {
  return {
    RELEASE_ID: release,
    RELEASE_SERVICE: plan.service,
    RELEASE_ENVIRONMENT: plan.environment,
    RELEASE_VERSION: version,
    RELEASE_SHA: sha,
    RELEASE_TARGET_VERSION: version,
    RELEASE_TARGET_SHA: sha,
    RELEASE_STAGE: 'plan',
  };
}

/**
 * A canary slot that already gets traffic is not one: what an earlier failure or a hand left there would be
 * replaced under its users. A weight that cannot be read before the first release says nothing, and is told.
 */
async function trafficMustBeWhole({ request, session, ports, signal }: OpeningOptions): Promise<void> {
  const traffic = request.plan.canary?.traffic;
  // A dry run beside a release in flight or parked finds that one's weight, which goes back before its own release.
  if (!traffic?.read || session.current.release !== null) return;
  const driver = ports.traffic(traffic, () => planVariables(request));
  const weight = await driver.read(signal).catch((error: unknown) => {
    ports.log.info(`The weight before the release could not be read: ${asProblem(error).message}`);
    return null;
  });
  if (weight === null || weight === 0) return;
  throw new ReleaseProblem(
    'weight-not-zero',
    `before the release ${weight} % of the traffic is on the canary already, and it must be 0 %`,
  );
}

function nothingToDo(
  request: ReleaseRequest,
  current: Current,
  inService: InService | null,
  comparison: Comparison | null,
): { reason: ReasonCode; summary: string } | null {
  const last = current.last_promoted;
  const serves = inService && 'version' in inService ? inService.version : null;
  if (serves === request.version) {
    return { reason: 'already-in-service', summary: `${request.version} is in service already` };
  }
  if (!inService && last?.sha === request.sha && last.version === request.version) {
    return { reason: 'already-in-service', summary: `${request.version} was promoted by ${last.release}` };
  }
  if (!last || !comparison || request.plan.paths.length === 0) return null;
  const ahead = comparison.status === 'ahead' || comparison.status === 'identical';
  const touched = comparison.files?.some(pathMatcher(request.plan.paths)) ?? true;
  if (!ahead || touched) return null;
  return {
    reason: 'no-change',
    summary: `nothing under ${request.plan.paths.join(', ')} changed since ${last.version} (${last.sha.slice(0, 7)})`,
  };
}

function notesOn(
  { request, session }: OpeningOptions,
  inService: InService | null,
  history: History,
): readonly string[] {
  const last = session.current.last_promoted;
  const notes: string[] = [];
  if (inService && 'problem' in inService)
    notes.push(`The version in service could not be read: ${inService.problem}`);
  const drift = inService && 'version' in inService ? driftOf(session.current, inService.version) : null;
  if (drift) notes.push(drift);
  if (!last && (!inService || 'problem' in inService)) {
    notes.push(
      'No earlier version is known: a failed release can take traffic back, but has no version to bring back',
    );
  }
  if (history.irreversible) {
    notes.push(
      `This release cannot be taken back: ${history.irreversible}. If it fails, it stops where it is and people are told`,
    );
  }
  if (request.overrides.length > 0)
    notes.push(`Overridden by ${request.actor}: ${request.overrides.join(', ')} (${request.reason ?? ''})`);
  return notes;
}

function startOf(
  options: OpeningOptions,
  inService: InService | null,
  history: History,
): Omit<Started, 'at' | 'type'> {
  const { request, session } = options;
  return {
    schema_version: 1,
    release: request.release,
    service: request.plan.service,
    environment: request.plan.environment,
    version: request.version,
    sha: request.sha,
    previous: previousOf(session.current, inService),
    branch: request.branch,
    actor: request.actor,
    trigger: request.trigger,
    reason: request.reason,
    overrides: [...request.overrides],
    run: session.run,
    owner: session.owner,
    fence: fenceOf(options),
    plan: { source: request.plan.source, digest: request.digest },
    steps: request.plan.canary?.steps.map((step) => step.weight) ?? [],
    kind: 'release',
    mends: [...history.mends],
    irreversible: history.irreversible,
  };
}

/** A platform may remember the numbers of a ledger that was lost: those of a new one begin above them. */
function fenceOf({ request, session }: OpeningOptions): number {
  const isAnew = !session.exists && request.overrides.includes('ledger');
  return isAnew ? Math.floor(session.now() / 1000) : session.current.fence + 1;
}

/**
 * What serves before the release is what it goes back to. Where it cannot be read, that is what was promoted last;
 * where a person brought another version by hand, that one, with its commit if the ledger knows it.
 */
function previousOf(current: Current, inService: InService | null): Started['previous'] {
  const last = current.last_promoted;
  const serves = inService && 'version' in inService ? inService.version : null;
  if (last && (serves === null || serves === last.version)) return { version: last.version, sha: last.sha };
  if (serves === null) return null;
  const known = current.recent.find((one) => one.decision === 'promoted' && one.version === serves);
  return { version: serves, sha: known?.sha ?? null };
}
