import type { LedgerStanding } from './github/contract.js';
import type { Inputs } from './inputs.js';
import { formatProblems } from './plan/format.js';
import {
  type PlanFile,
  plansOf,
  portsForReading,
  readLedgers,
  unknownLine,
  withoutLedger,
} from './plans-of.js';
import { parseCurrent } from './release/current.js';
import { EventsInvalid } from './release/events.js';
import { REASONS } from './release/reasons.js';
import { inline, sentence } from './report/markdown.js';
import { type Standing, standingLine, standingResult, standingsSummary } from './report/standing.js';
import type { World } from './world.js';

/** Where every service stands, by the ledgers alone: one request, and nothing is changed. Returns the exit code. */
export async function status(world: World, inputs: Inputs): Promise<number> {
  const ports = portsForReading(world, inputs);
  const plans = plansOf(world, inputs);
  const wanted = wantedServices(plans, inputs);
  const ledgers = await readLedgers(ports);
  const standings = ledgers
    .filter(({ service, environment }) => wanted(service, environment))
    .map(standingOf)
    .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const now = ports.github.repository.serverTime();
  const unread = plans.filter(({ problems }) => problems.length > 0);
  tell(world, standings, {
    now,
    notes: [
      ...unknownLine(withoutLedger(inputs, { plans, ledgers })),
      ...unread.map(({ path, problems }) => `a plan cannot be read: ${formatProblems(problems, path)}`),
    ],
  });
  return 0;
}

/** Those of the plans that `plan` names; all that have a ledger where it names none. */
function wantedServices(
  plans: readonly PlanFile[],
  inputs: Inputs,
): (service: string, environment: string) => boolean {
  const services = new Set(plans.flatMap(({ service }) => service ?? []));
  return (service, environment) =>
    (services.size === 0 || services.has(service)) &&
    (inputs.environment === null || inputs.environment === environment);
}

function standingOf({ service, environment, current, url }: LedgerStanding): Standing {
  const of = { service, environment, url };
  if (current === null) return { ...of, current: null, problem: 'the branch has no current.json' };
  try {
    return { ...of, current: parseCurrent(current, service, environment), problem: null };
  } catch (error) {
    if (!(error instanceof EventsInvalid)) throw error;
    return { ...of, current: null, problem: error.message };
  }
}

function tell(
  world: World,
  standings: readonly Standing[],
  { now, notes }: { readonly now: number; readonly notes: readonly string[] },
): void {
  const redact = (text: string): string => world.redactor.redact(text);
  for (const one of standings) world.log.info(standingLine(one, now));
  if (standings.length === 0) world.log.info('No ledger is here that was asked for.');
  const said = notes.map(sentence);
  for (const note of said) world.log.warning(note);
  world.writeSummary(
    redact([standingsSummary(standings, now), ...said.map((note) => inline(note))].join('\n\n')),
  );
  world.setOutput('decision', 'passed');
  world.setOutput('reason-code', 'status-read');
  const result = {
    schema_version: 1,
    decision: 'passed',
    reason_code: 'status-read',
    reason: REASONS['status-read'].why,
    services: standings.map(standingResult),
  };
  world.setOutput('result', redact(JSON.stringify(result)));
}

function nameOf({ service, environment }: Standing): string {
  return `${service}/${environment}`;
}
