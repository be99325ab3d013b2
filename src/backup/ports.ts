import type { Clock, Programs, Scripts } from '../host/contract.js';
import type { Environment } from '../plan/variables.js';

/** What the driver of a source may use of the machine. */
export interface SourcePorts {
  readonly scripts: Scripts;
  readonly programs: Programs;
  readonly clock: Clock;
}

/** What a store may use of the machine, and what it is opened for. */
export interface StorePorts {
  readonly programs: Programs;
  readonly clock: Clock;
  /** Where `${NAME}` in a place is read from. */
  readonly env: Environment;
  readonly workspace: string;
  readonly environment: string;
  readonly signal?: AbortSignal;
}

/** What backups and restores are made with. */
export interface RunnerPorts {
  readonly scripts: Scripts;
  readonly programs: Programs;
  readonly clock: Clock;
  /** Where `${NAME}` in the plan is read from: the environment of the step. */
  readonly env: Environment;
  /** Whether everybody can read what is reported; what is not known counts as public. */
  readonly isPublic: () => boolean;
  /** Where scratch directories are made; the system's temporary directory when absent. */
  readonly temporary?: string;
}
