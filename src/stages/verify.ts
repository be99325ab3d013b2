import type { Suite } from '../plan/plan.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';
import { evidenceOf, howItEnded, runScript } from './script.js';
import type { Stage } from './stage.js';
import { stopIfAsked } from './stop.js';

export const verify: Stage = {
  name: 'verify',
  skip: (plan) => (plan.verify.length > 0 ? null : 'the plan has no `verify`'),
  async run(context) {
    const passed: string[] = [];
    for (const suite of context.plan.verify) passed.push(await runSuite(context, suite));
    return { summary: `${passed.length} of ${passed.length} suites passed`, evidence: passed };
  },
};

async function runSuite(context: ReleaseContext, suite: Suite): Promise<string> {
  const result = await runScript(context, { name: `verify ${suite.name}`, script: suite, stage: 'verify' });
  if (result.outcome === 'aborted') stopIfAsked(context.signal);
  const ended = howItEnded(result, suite);
  if (result.outcome === 'ok') return `- \`${suite.name}\` ${ended}`;
  throw new ReleaseProblem(
    result.outcome === 'timed-out' ? 'verify-timed-out' : 'verify-failed',
    `the suite \`${suite.name}\` ${ended}`,
    {
      evidence: evidenceOf(suite.name, result),
      verdict: result.outcome === 'errored' ? 'errored' : 'failed',
    },
  );
}
