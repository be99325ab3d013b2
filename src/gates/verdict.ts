import type { Annotation } from '../github/contract.js';
import type { ReasonCode } from '../release/reasons.js';

export const GATES = [
  'overrides',
  'promoted-in',
  'requires',
  'window',
  'approvals',
  'blockers',
  'quarantine',
  'documents',
] as const;
export type GateName = (typeof GATES)[number];

/**
 * What a gate says. `waiting`: only time or people are missing. `shut`: something else is, or it could not be found
 * out. Only `open` opens.
 */
export interface GateVerdict {
  readonly gate: GateName;
  readonly state: 'open' | 'waiting' | 'shut';
  /** null when it is open. */
  readonly reason: ReasonCode | null;
  /** What was found, as a sentence without its full stop. */
  readonly text: string;
  /** What would open it, and who can, likewise; null when it is open. */
  readonly opens: string | null;
  /** More lines, plain text. */
  readonly evidence: readonly string[];
  readonly annotations: readonly Annotation[];
}

interface More {
  readonly evidence?: readonly string[];
  readonly annotations?: readonly Annotation[];
}

export function open(gate: GateName, text: string, more: More = {}): GateVerdict {
  return { gate, state: 'open', reason: null, text, opens: null, evidence: [], annotations: [], ...more };
}

interface NotOpen extends More {
  readonly reason: ReasonCode;
  readonly text: string;
  readonly opens: string;
}

export function waiting(gate: GateName, found: NotOpen): GateVerdict {
  return { gate, state: 'waiting', evidence: [], annotations: [], ...found };
}

export function shut(gate: GateName, found: NotOpen): GateVerdict {
  return { gate, state: 'shut', evidence: [], annotations: [], ...found };
}
