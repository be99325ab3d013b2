import type { Canary, Metric, Plan, Proof, Script } from '../../plan/plan.js';
import { spanText } from '../../plan/windows/words.js';
import { code, fence } from '../markdown.js';
import { milliseconds, percent } from '../quantity.js';

/** One thing that a release does: a line of Markdown, and the script that does it. */
export interface RunbookStep {
  readonly line: string;
  readonly script: string | null;
}

/** What a release does, in order, with its commands. Pure text: nothing is run, and no `${NAME}` is read. */
export function releaseSteps(plan: Plan): readonly RunbookStep[] {
  return [
    {
      line: '**plan**: every gate is asked. Then the release is recorded, and no other one can run beside it.',
      script: null,
    },
    ...verifySteps(plan),
    ...backupSteps(plan),
    ...canarySteps(plan),
    ...promoteSteps(plan),
    ...watchSteps(plan),
  ];
}

export function removed(canary: Canary | null): readonly RunbookStep[] {
  return canary?.remove ? [{ line: 'The canary is taken away.', script: canary.remove.run }] : [];
}

function verifySteps({ verify, verification }: Plan): readonly RunbookStep[] {
  const together = verification.parallel && verify.length > 1 ? ', together with the other suites' : '';
  return verify.map(({ name, run, timeoutMs, retries, evidence }) => {
    const again = retries > 0 ? `, up to ${retries} more tries` : '';
    const kinds =
      evidence.length > 0
        ? `; judged by its exit code and ${evidence.map(({ kind }) => kind).join(', ')}`
        : '';
    return {
      line: `**verify**: the suite ${code(name)}, at most ${spanText(timeoutMs)}${again}${together}${kinds}.`,
      script: run,
    };
  });
}

const PROVED: Readonly<Record<Proof, string>> = {
  taken: 'it was taken',
  stored: 'the store gives back what it was given',
  restorable: 'it was restored into an empty place',
  identical: 'what was restored from it is the same data',
  usable: 'what was restored from it can be worked with',
};

function backupSteps({ backup }: Plan): readonly RunbookStep[] {
  if (backup === null) return [];
  if (backup.kind === 'script') return [step('backup', backup, 'taken and proved by a script')];
  const sources = backup.sources.map(({ name, kind }) => `${code(name)} (${kind})`).join(', ');
  const when =
    backup.when.length > 0 ? `, if ${backup.when.map((glob) => code(glob)).join(', ')} changed` : '';
  return [
    {
      line: `**backup** of ${sources}${when}. It goes on only when the backup is proved ${code(backup.prove)}: ${PROVED[backup.prove]}.`,
      script: null,
    },
  ];
}

function canarySteps({ canary, metrics }: Plan): readonly RunbookStep[] {
  if (canary === null) return [];
  const judged = metrics.map(metricText).join('; ');
  return [
    ...(canary.run ? [step('canary', canary.run, 'the new version is deployed beside the old one')] : []),
    ...(canary.ready
      ? [
          {
            line: `**canary**: ${code(canary.ready.url)} must answer within ${spanText(canary.ready.withinMs)}.`,
            script: null,
          },
        ]
      : []),
    ...canary.steps.map(({ weight, forMs, before }, index) => ({
      line: [
        canary.traffic
          ? `**canary**: ${weight} % of the traffic goes to the new version (${code(`RELEASE_WEIGHT=${weight}`)})${canary.traffic.read ? ', which is read back' : ''}`
          : `**canary** at ${weight} %`,
        forMs === 0
          ? '.'
          : `; then it is judged for ${spanText(forMs)}${judged === '' ? '' : index === 0 ? `: ${judged}` : ' in the same way'}.`,
        before ? ' Before it a script runs.' : '',
      ].join(''),
      script:
        index === 0 || before
          ? [before?.run, index === 0 ? canary.traffic?.run.run : undefined].filter(Boolean).join('\n') ||
            null
          : null,
    })),
  ];
}

function promoteSteps({ promote, canary, ready }: Plan): readonly RunbookStep[] {
  if (promote === null) return [];
  const settles = canary?.traffic
    ? ` The canary is left with ${canary.endsAt} % of the traffic; weight and version are read back.`
    : '';
  const retired = canary !== null && canary.endsAt === 0 ? removed(canary) : [];
  const answers = ready
    ? [
        {
          line: `**promote**: ${code(ready.url)} must answer within ${spanText(ready.withinMs)}.`,
          script: null,
        },
      ]
    : [];
  const bring = step(
    'promote',
    promote,
    'the service is brought to the new version (`RELEASE_TARGET_VERSION`)',
  );
  return [{ ...bring, line: `${bring.line}${settles}` }, ...answers, ...retired];
}

function watchSteps({ watch, metrics, ready }: Plan): readonly RunbookStep[] {
  if (watch === null || watch.forMs === 0) return [];
  const what = [...metrics.map(({ name }) => code(name)), ...(ready ? ['readiness'] : [])].join(', ');
  const line = `**watch** for ${spanText(watch.forMs)}: if the new version turns bad, by ${what}, it is taken back.`;
  return [{ line, script: null }];
}

function step(stage: string, script: Script, what: string): RunbookStep {
  return { line: `**${stage}**: ${what}, at most ${spanText(script.timeoutMs)}.`, script: script.run };
}

/** `errors` at most 1 %; `latency` p95 at most 300 ms, and at most 10 % above the version in service. */
function metricText(metric: Metric): string {
  const { name, kind, worseBy, limit, importance, better } = metric;
  const what = kind === 'latency' ? ` p${Number((metric.quantile * 100).toFixed(3))}` : '';
  const side = better === 'higher' ? 'below' : 'above';
  const rules = [
    ...(limit === null ? [] : [`${better === 'higher' ? 'at least' : 'at most'} ${amount(kind, limit)}`]),
    ...(worseBy === null ? [] : [`at most ${worseText(kind, worseBy)} ${side} the version in service`]),
  ];
  return `${code(name)}${what} ${rules.join(', and ')}${importance === 'advisory' ? ' (advisory: told, and stops nothing)' : importance === 'normal' ? '' : ` (${importance})`}`;
}

function worseText(kind: Metric['kind'], { absolute, relative }: NonNullable<Metric['worseBy']>): string {
  return [
    ...(absolute === null ? [] : [kind === 'errors' ? points(absolute) : amount(kind, absolute)]),
    ...(relative === null ? [] : [percent(relative)]),
  ].join(' and ');
}

function points(share: number): string {
  const value = Number((share * 100).toPrecision(6));
  return `${value} percentage ${value === 1 ? 'point' : 'points'}`;
}

function amount(kind: Metric['kind'], value: number): string {
  if (kind === 'errors') return percent(value);
  return kind === 'latency' ? milliseconds(value) : String(value);
}

/** Numbered, each script in a block of its own that nothing in it can close. */
export function stepList(steps: readonly RunbookStep[]): string {
  return steps
    .map(({ line, script }, index) => {
      const text = `${index + 1}. ${line}`;
      if (script === null) return text;
      // What belongs to an item stands as far in as its text.
      const indent = ' '.repeat(String(index + 1).length + 2);
      const block = fence(script.split('\n'), 'bash').split('\n');
      return `${text}\n\n${block.map((each) => indent + each).join('\n')}\n`;
    })
    .join('\n')
    .trimEnd();
}
