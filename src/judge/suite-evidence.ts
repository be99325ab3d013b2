import type { Facts } from '../evidence/contract.js';
import type { EvidenceSource } from '../plan/plan.js';
import { judgeAlerts } from './suite-alerts.js';
import type { EvidenceBase, EvidenceJudgement } from './suite-judgement.js';
import { judgeTests } from './suite-tests.js';
import { judgeValues } from './suite-values.js';

/** Whether evidence opens the gate: `reason` is null then, and only then. Pure; `facts` are of this `source`. */
export function judgeEvidence(
  source: EvidenceSource,
  facts: Facts,
  base: EvidenceBase | null,
): EvidenceJudgement {
  if (source.kind === 'junit' && facts.kind === 'junit') return judgeTests(facts);
  if (source.kind === 'sarif' && facts.kind === 'sarif') return judgeAlerts(source, facts, base);
  if (source.kind === 'report' && facts.kind === 'report') return judgeValues(source, facts, base);
  throw new Error(`facts of ${facts.kind} do not answer for ${source.kind}`);
}
