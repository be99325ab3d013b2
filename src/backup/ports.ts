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
