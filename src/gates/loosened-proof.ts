import {
  type EvidenceSource,
  type Plan,
  PROOFS,
  type ReportLimit,
  type Severity,
  type Suite,
} from '../plan/plan.js';
import { gone } from './gone.js';

const SEVERITIES: readonly Severity[] = ['none', 'low', 'medium', 'high', 'critical'];
/** Scripts that succeed without doing anything. */
const NOTHING = /^(true|:|exit( 0)?)?$/;

/** Where a plan proves less than before by its suites and its backup, as sentences. */
export function proofLoosened(before: Plan, after: Plan): readonly string[] {
  return [
    ...before.verify.flatMap((suite) => suiteLoosened(suite, after.verify)),
    ...backupLoosened(before, after),
  ];
}

function suiteLoosened(before: Suite, suites: readonly Suite[]): readonly string[] {
  const { name } = before;
  const after = suites.find((one) => one.name === name);
  if (after === undefined) return [`the suite ${name} is no longer run`];
  const lost = before.evidence.filter((one) => !after.evidence.some((other) => asksAsMuch(one, other)));
  return [
    ...(NOTHING.test(after.run.trim()) && !NOTHING.test(before.run.trim())
      ? [`the suite ${name} does nothing any more`]
      : []),
    ...(after.retries > before.retries
      ? [`the suite ${name} is run again ${after.retries} times when it fails, no longer ${before.retries}`]
      : []),
    ...lost.map(({ kind }) => `the ${kind} evidence of ${name} is judged by weaker or other rules`),
  ];
}

function asksAsMuch(before: EvidenceSource, after: EvidenceSource): boolean {
  if (JSON.stringify(before.files) !== JSON.stringify(after.files)) return false;
  if (before.kind === 'sarif' && after.kind === 'sarif') {
    const isLower = SEVERITIES.indexOf(after.failOn) <= SEVERITIES.indexOf(before.failOn);
    return isLower && (before.newOnly || !after.newOnly);
  }
  if (before.kind === 'report' && after.kind === 'report')
    return before.limits.every((limit) => after.limits.some((other) => limitsAsMuch(limit, other)));
  return before.kind === after.kind;
}

function limitsAsMuch(before: ReportLimit, after: ReportLimit): boolean {
  const [side] = before.comparison;
  if (before.path !== after.path || before.kind !== after.kind || after.comparison[0] !== side) return false;
  const [was, is] = [before, after].map((limit) => (limit.kind === 'absolute' ? limit.value : limit.percent));
  if (was === undefined || is === undefined) return false;
  if (was === is) return after.comparison === side || before.comparison !== side;
  return side === '<' ? is < was : is > was;
}

function backupLoosened({ backup: before }: Plan, { backup: after }: Plan): readonly string[] {
  if (before === null) return [];
  if (after === null) return ['no backup is taken any more'];
  if (before.kind !== 'sources') return [];
  if (after.kind !== 'sources') return ['the backup is no longer restored and compared by the action'];
  const isRarer =
    after.when.length > 0 && (before.when.length === 0 || gone(before.when, after.when).length > 0);
  return [
    ...before.sources.flatMap((source) => {
      const same = after.sources.find(({ name }) => name === source.name);
      if (same === undefined) return [`${source.name} is no longer backed up`];
      const files = (one: typeof source) => (one.kind === 'files' ? one.files : []);
      const isSame = same.kind === source.kind && gone(files(source), files(same)).length === 0;
      return isSame ? [] : [`the backup of ${source.name} is of something else, or of less`];
    }),
    ...(PROOFS.indexOf(after.prove) < PROOFS.indexOf(before.prove)
      ? [`backups are proved as ${after.prove}, no longer as ${before.prove}`]
      : []),
    ...(isRarer ? ['a backup is taken for fewer changes'] : []),
  ];
}
