import type { BackupRunner } from '../backup/contract.js';
import type { EvidenceReader } from '../evidence/contract.js';
import type { Github } from '../github/contract.js';
import type { Clock, Http, Log, Redactor, Scripts } from '../host/contract.js';
import type { MetricSource } from '../metrics/contract.js';
import type { Plan, ScriptTraffic } from '../plan/plan.js';
import type { ParkedEvent } from '../release/events.js';
import type { Journal } from '../release/journal.js';
import type { Links } from '../report/end.js';
import type { TrafficDriver } from '../traffic/contract.js';

/** The outside world, each part by its contract, so that the engine can run over other ones. */
export interface Ports {
  readonly clock: Clock;
  readonly scripts: Scripts;
  readonly http: Http;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly metrics: MetricSource;
  readonly backup: BackupRunner;
  readonly evidence: EvidenceReader;
  readonly github: Github;
  /** Makes the driver for the plan's way to move traffic; `env` gives the `RELEASE_*` variables of each call. */
  readonly traffic: (traffic: ScriptTraffic, env: () => Record<string, string>) => TrafficDriver;
}

/** What every stage sees. Nothing in it changes but the journal, which grows. */
export interface ReleaseContext {
  readonly plan: Plan;
  readonly journal: Journal;
  readonly ports: Ports;
  /** Aborted when the release must stop: a cancel, a lost lease, a ledger that cannot be reached. */
  readonly signal: AbortSignal;
  /** The step's environment, for `${NAME}` in the plan. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workspace: string;
  readonly links: Links;
  /** Where an earlier run left this release; absent when it begins here. */
  readonly parked?: ParkedEvent;
}
