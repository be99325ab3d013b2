import type { ScriptResult } from '../host/contract.js';
import { judgeEvidence } from '../judge/suite-evidence.js';
import type { EvidenceBase } from '../judge/suite-judgement.js';
import type { Suite } from '../plan/plan.js';
import type { Verified } from '../release/events.js';
import type { ReleaseContext } from './context.js';
import { expanded } from './ready.js';
import { evidenceOf, howItEnded, runScript } from './script.js';
import { stopIfAsked } from './stop.js';
import { type Attempt, verifiedEvent, type Weighed } from './verified.js';

export interface SuiteOutcome {
  readonly event: Omit<Verified, 'at'>;
  /** Markdown lines. */
  readonly evidence: readonly string[];
}

export interface SuiteRun {
  readonly suite: Suite;
  readonly base: EvidenceBase | null;
  /** Others run at the same time. */
  readonly isParallel: boolean;
}

/** Runs one suite, and again as often as it may after it did not pass. Throws only when the release must stop. */
export async function runSuite(context: ReleaseContext, run: SuiteRun): Promise<SuiteOutcome> {
  const { suite } = run;
  for (let number = 1; ; number++) {
    const attempt = await attemptSuite(context, run, number);
    const isOver = attempt.verdict === 'passed' || number > suite.retries;
    if (isOver) return outcomeOf(suite, attempt, number);
    context.ports.log.info(
      `verify ${suite.name} ${attempt.summary}. It is run again (${number + 1} of ${suite.retries + 1}).`,
    );
  }
}

async function attemptSuite(context: ReleaseContext, run: SuiteRun, number: number): Promise<Attempt> {
  const { suite, base, isParallel } = run;
  const { ports, signal, workspace } = context;
  const expected = await ports.evidence.expect(suite.evidence, { directory: workspace });
  const of = suite.retries > 0 ? ` (${number} of ${suite.retries + 1})` : '';
  const result = await runScript(context, {
    name: `verify ${suite.name}${of}`,
    script: suite,
    stage: 'verify',
    env: variablesOf(context, suite),
    ...(isParallel ? { prefix: `${suite.name} | ` } : {}),
  });
  stopIfAsked(signal);
  const collected = await expected.collect({ signal });
  stopIfAsked(signal);
  const weighed = collected.map((one): Weighed => {
    return 'facts' in one ? { ...one, judgement: judgeEvidence(one.source, one.facts, base) } : one;
  });
  const { verdict, reason } = verdictOf(result, weighed);
  const isShut = result.outcome === 'ok' && verdict !== 'passed';
  return { verdict, reason, weighed, ...wordsOf({ suite, result, weighed, isShut }) };
}

function variablesOf(context: ReleaseContext, { env }: Suite): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, expanded(text, context.env)]));
}

/**
 * The script and all of its evidence must pass. Of several reasons the one is told that a person can act on: tests and
 * findings before an exit code, which often only repeats them.
 */
function verdictOf(result: ScriptResult, weighed: readonly Weighed[]): Pick<Attempt, 'verdict' | 'reason'> {
  const judged = weighed.flatMap(({ judgement }) => judgement?.reason ?? []);
  const [bad] = judged.filter((reason) => result.outcome === 'ok' || reason !== 'no-tests');
  if (result.outcome === 'timed-out') return { verdict: 'failed', reason: 'verify-timed-out' };
  if (result.outcome === 'errored') return { verdict: 'errored', reason: 'verify-failed' };
  if (bad !== undefined) return { verdict: 'failed', reason: bad };
  if (result.outcome !== 'ok') return { verdict: 'failed', reason: 'verify-failed' };
  const [problem] = weighed.flatMap((one) => ('problem' in one ? [one.problem] : []));
  return problem ? { verdict: 'errored', reason: problem.reason } : { verdict: 'passed', reason: null };
}

function wordsOf(of: {
  readonly suite: Suite;
  readonly result: ScriptResult;
  readonly weighed: readonly Weighed[];
  /** By the evidence alone: the script itself succeeded. */
  readonly isShut: boolean;
}): Pick<Attempt, 'summary' | 'evidence'> {
  const { suite, result, weighed, isShut } = of;
  // Without a word from a script that failed, why there is no report says nothing more.
  const told = weighed.filter((one) => result.outcome === 'ok' || !('problem' in one));
  const facts = told.map((one) => ('problem' in one ? one.problem.message : (one.judgement?.summary ?? '')));
  const evidence = told.flatMap(({ judgement }) => judgement?.evidence ?? []);
  const ended = howItEnded(result, suite);
  const needsTail = result.outcome !== 'ok' || told.some((one) => 'problem' in one);
  return {
    summary: isShut
      ? `does not pass: ${facts.join('; ')}; its script ${ended}`
      : [ended, ...facts].join('; '),
    evidence: [...evidence, ...(needsTail ? evidenceOf(suite.name, result) : [])],
  };
}

function outcomeOf(suite: Suite, attempt: Attempt, attempts: number): SuiteOutcome {
  const most = suite.retries + 1;
  const flaky =
    attempts === 1
      ? ''
      : attempt.verdict === 'passed'
        ? `; flaky: passed only when it was run for the ${ordinal(attempts)} time`
        : `; not passed in ${attempts} of ${most} attempts`;
  const words = { ...attempt, summary: `${attempt.summary}${flaky}` };
  return { event: verifiedEvent(suite, words, attempts), evidence: attempt.evidence };
}

function ordinal(number: number): string {
  return ['', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth'][number] ?? `${number}th`;
}
