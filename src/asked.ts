import type { Inputs } from './inputs.js';
import type { ReleaseRequest } from './stages/request.js';

/** What the step is to do: the inputs, and what they come to. */
export interface Asked {
  readonly inputs: Inputs;
  readonly request: ReleaseRequest;
  readonly workspace: string;
  /** Random; identifies this step as the owner of a lease. */
  readonly owner: string;
}
