import type { ReasonCode } from '../release/reasons.js';
import type { GateVerdict } from './verdict.js';

/** What all gates together say. */
export type GateDecision =
  | { readonly kind: 'go' }
  | ({ readonly kind: 'waiting' } & NotYet)
  | ({ readonly kind: 'blocked' } & NotYet);

interface NotYet {
  readonly reason: ReasonCode;
  /** The first line says it all when one gate is not open; else one line for each follows. */
  readonly summary: string;
}

/** Only time or people missing: the release waits. Anything else: it is blocked. All that is missing is named. */
export function decide(verdicts: readonly GateVerdict[]): GateDecision {
  const missing = verdicts.filter(({ state }) => state !== 'open');
  const shut = missing.filter(({ state }) => state === 'shut');
  if (missing.length === 0) return { kind: 'go' };
  const deciding = shut.length > 0 ? shut : missing;
  const [first] = deciding;
  const isOne = new Set(deciding.map(({ reason }) => reason)).size === 1;
  return {
    kind: shut.length > 0 ? 'blocked' : 'waiting',
    reason: isOne && first?.reason ? first.reason : 'gates-shut',
    summary: summaryOf(missing),
  };
}

/** `window: the window is closed; it opens Mon 22:00. Start again then` */
export function verdictLine({ gate, text, opens }: GateVerdict): string {
  return `${gate}: ${text}${opens === null ? '' : `. ${opens}`}`;
}

function summaryOf(missing: readonly GateVerdict[]): string {
  const lines = missing.flatMap((verdict) => [
    verdictLine(verdict),
    ...verdict.evidence.map((line) => `  ${line}`),
  ]);
  return missing.length === 1 && lines.length === 1
    ? (lines[0] ?? '')
    : [`${missing.length} ${missing.length === 1 ? 'gate is' : 'gates are'} not open`, ...lines].join('\n');
}
