import type { Current } from '../release/current.js';
import { inline, link, table } from './markdown.js';

/** Where one service stands in one environment, by its ledger. */
export interface Standing {
  readonly service: string;
  readonly environment: string;
  /** Where people read the ledger. */
  readonly url: string;
  /** null, with the reason in `problem`, when the ledger cannot be read. */
  readonly current: Current | null;
  readonly problem: string | null;
}

/** One service in the output `result` of `command: status`. Times are ISO 8601 in UTC. */
export function standingResult({ service, environment, url, current, problem }: Standing) {
  return {
    service,
    environment,
    ledger: url,
    problem,
    promoted: current?.last_promoted ?? null,
    in_flight: current?.release ?? null,
    parked: parkedOf(current),
    held_by: current?.lease
      ? { url: current.lease.run.url, since: current.lease.since, until: current.lease.expires }
      : null,
    stop_requested: current?.stop_requested ?? null,
    quarantine: (current?.quarantine ?? []).map(({ release, version, sha }) => ({ release, version, sha })),
    last: current?.recent[0] ?? null,
  };
}

export function standingsSummary(standings: readonly Standing[], now: number): string {
  if (standings.length === 0) return '## No ledger is here that was asked for\n';
  const rows = standings.map((one) => [
    link(`${one.service}/${one.environment}`, one.url),
    ...cells(one, now).map((text) => inline(text)),
  ]);
  const head = ['service', 'in service', 'under way', 'last ended', 'in quarantine'];
  return `## Where each service stands\n\n${table(head, rows)}\n`;
}

/** For the log, one line for each. */
export function standingLine(one: Standing, now: number): string {
  const [promoted, flight, last, quarantine] = cells(one, now);
  return `${one.service}/${one.environment}: in service ${promoted}; under way: ${flight}; last ended: ${last}; in quarantine: ${quarantine}`;
}

function cells({ current, problem }: Standing, now: number): readonly [string, string, string, string] {
  if (!current) return [`not known: ${problem}`, 'not known', 'not known', 'not known'];
  const { last_promoted: promoted, recent, quarantine } = current;
  const [last] = recent;
  return [
    promoted
      ? `${promoted.version} (${promoted.sha.slice(0, 7)}) since ${promoted.at}`
      : 'nothing promoted yet',
    flightOf(current, now),
    last ? `${last.version} ${last.decision} at ${last.ended}` : 'none',
    quarantine.map(({ version, sha }) => `${version} (${sha.slice(0, 7)})`).join(', ') || 'nothing',
  ];
}

function parkedOf(current: Current | null) {
  if (!current?.release || !current.parked) return null;
  const { weight = null, resume_at, until } = current.parked;
  return { weight, resume_at, until };
}

function flightOf(current: Current, now: number): string {
  const { release, lease, stop_requested: stop } = current;
  if (release === null) return 'nothing';
  const asked = stop ? `; asked to stop by ${stop.by}` : '';
  const parked = parkedOf(current);
  if (parked && Date.parse(parked.until) > now) {
    const at = parked.weight === null ? '' : ` at ${parked.weight} %`;
    return `${release}, parked${at}, next look ${parked.resume_at}, until ${parked.until}${asked}`;
  }
  if (parked)
    return `${release}, parked until ${parked.until}, which is over: run \`command: resume\`${asked}`;
  if (!lease || Date.parse(lease.expires) <= now)
    return `${release}, which nobody holds any more: run \`command: resume\`${asked}`;
  return `${release} by ${lease.run.url}, held until ${lease.expires}${asked}`;
}
