/**
 * What can happen to one call of a port. `error`: the caller is told that it failed, and it did or did not happen.
 * `hang`: no answer for as long as the port's contract allows. `duplicate`: it is delivered twice.
 */
export const FAULT_KINDS = [
  'crash-before',
  'crash-after',
  'error-before',
  'error-after',
  'hang',
  'duplicate',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** For a crash: the whole runner is gone, so that no post step follows. */
  readonly withRunner?: boolean;
}

/** Decides what happens to a call; null for nothing. */
export type Faults = (call: {
  /** `main` or `post` */
  readonly step: string;
  /** Counted from 0 within the step. */
  readonly number: number;
  readonly port: string;
}) => Fault | null;

export const NO_FAULTS: Faults = () => null;
