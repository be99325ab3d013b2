import type { MetricFinding } from './finding.js';
import type { StoredLog } from './log-space.js';
import { type Finding, sentenceOf } from './reasons.js';
import type { JudgeRules } from './rules.js';

/** When and by what a release failed. Plain JSON. */
export interface Failed {
  readonly at: number;
  /** Metrics whose limit was broken, and comparisons that brought the evidence. */
  readonly broken: readonly string[];
  readonly compared: readonly string[];
  readonly logE: StoredLog;
}

export interface Decided {
  readonly decision: 'fail' | 'pass' | 'continue' | 'inconclusive';
  readonly reason: string;
  readonly by: readonly string[];
}

/**
 * The decision table. FAIL: the combined evidence was enough, or a limit was broken. PASS: every metric that is not
 * advisory passes by itself (an intersection of tests, so without a correction) and the bake time is over. Else
 * CONTINUE, and INCONCLUSIVE at the deadline.
 */
export function decide(
  findings: Readonly<Record<string, MetricFinding>>,
  context: {
    readonly rules: JudgeRules;
    readonly failed: Failed | null;
    readonly baked: boolean;
    readonly isLast: boolean;
  },
): Decided {
  const found = decisionOf(findings, context);
  return { decision: found.decision, reason: sentenceOf(found), by: found.by };
}

function decisionOf(
  findings: Readonly<Record<string, MetricFinding>>,
  { rules, failed, baked, isLast }: Parameters<typeof decide>[1],
): Finding {
  if (failed !== null) {
    const by = [...new Set([...failed.broken, ...failed.compared])];
    return { decision: 'fail', by, because: failed.broken.length > 0 ? 'limit' : 'evidence' };
  }
  const open = isLast ? 'inconclusive' : 'continue';
  const deciding = Object.keys(findings).filter((name) => rules.metrics[name]?.importance !== 'advisory');
  if (deciding.length === 0) return { decision: open, by: [], because: 'nothing-decides' };
  const lacking = deciding.filter((name) => findings[name]?.says !== 'pass');
  if (lacking.length > 0) {
    const lacks = lacking.map((name) => findings[name]?.lacks ?? 'not-shown');
    return { decision: open, by: lacking, because: 'lacking', lacks };
  }
  if (!baked) return { decision: open, by: deciding, because: 'baking' };
  return { decision: 'pass', by: deciding, because: 'shown' };
}
