import type { ValueFacts } from '../evidence/contract.js';
import { showLimit } from '../plan/evidence-values.js';
import type { EvidenceSource, Limit, ReportLimit } from '../plan/plan.js';
import type { EvidenceBase, EvidenceJudgement } from './suite-judgement.js';

type ReportSource = Extract<EvidenceSource, { kind: 'report' }>;

interface Held {
  readonly ok: boolean;
  /** `latency.p95 is 312, limit <= 300` */
  readonly text: string;
}

/**
 * Each value must be within each of its limits. A limit in percent has nothing to be held against until a release with
 * this value was promoted: then it records the first value and says so, since no release could ever pass otherwise.
 */
export function judgeValues(
  source: ReportSource,
  facts: ValueFacts,
  base: EvidenceBase | null,
): EvidenceJudgement {
  const held = source.limits.map((limit) => hold(limit, facts, base));
  const bad = held.filter(({ ok }) => !ok);
  const limits = `${held.length} ${held.length === 1 ? 'limit' : 'limits'}`;
  return {
    reason: bad.length > 0 ? 'limit-exceeded' : null,
    summary: bad.length > 0 ? bad.map(({ text }) => text).join('; ') : `${limits} held`,
    evidence: held.map(({ ok, text }) => `- ${text}: ${ok ? 'held' : 'exceeded'}`),
    findings: [],
  };
}

function hold(limit: ReportLimit, { values }: ValueFacts, base: EvidenceBase | null): Held {
  const value = own(values, limit.path);
  const said = `\`${limit.path}\` is ${value === undefined ? 'not known' : number(value)}, limit \`${showLimit(limit)}\``;
  if (value === undefined || !Number.isFinite(value)) return { ok: false, text: said };
  if (limit.kind === 'absolute') return { ok: isWithin(value, limit.comparison, limit.value), text: said };
  const before = base === null ? undefined : own(base.values, limit.path);
  if (base === null || before === undefined) {
    return {
      ok: true,
      text: `${said}; the first value that is recorded, so there is none to compare it with`,
    };
  }
  const bound = boundOf(before, limit.percent);
  return {
    ok: isWithin(value, limit.comparison, bound),
    text: `${said} against ${number(before)} of ${base.version}, which is ${number(bound)}`,
  };
}

/**
 * Ten percent more than -20 is -18: the change is of the size of the value. Of zero, every percentage is nothing. Added
 * rather than multiplied, so that rounding never puts the bound on the wrong side of the value itself.
 */
function boundOf(before: number, percent: number): number {
  return before + (Math.abs(before) * percent) / 100;
}

function isWithin(value: number, comparison: Limit['comparison'], bound: number): boolean {
  switch (comparison) {
    case '<=':
      return value <= bound;
    case '<':
      return value < bound;
    case '>=':
      return value >= bound;
    case '>':
      return value > bound;
  }
}

function own(values: Readonly<Record<string, number>>, path: string): number | undefined {
  return Object.hasOwn(values, path) ? values[path] : undefined;
}

/** With as many digits as people can use; whole numbers stay whole. */
function number(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
