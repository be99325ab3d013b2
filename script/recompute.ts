import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { metricVerdicts } from '../src/judge/metric-verdict.js';
import { retry, type TrialEntry } from '../src/judge/trial.js';
import { parseSamples } from '../src/release/samples.js';

/** Each verdict of a record beside the one that its samples lead to, in lines for people; `differs` where one is another. */
export function recompute(entries: readonly TrialEntry[]): {
  readonly lines: readonly string[];
  readonly differs: boolean;
} {
  const verdicts = retry(entries);
  const rules = Object.assign(
    {},
    ...entries.map((entry) => (entry.type === 'trial' ? entry.rules.metrics : {})),
  );
  const lines = verdicts.flatMap(({ given, found }) => [
    `${new Date(given.at).toISOString()}: given ${given.decision}, found ${found.decision}. ${found.reason}`,
    ...metricVerdicts(found, { rules, failures: {} }).map(
      ({ metric, verdict, reason }) => `  ${metric} ${verdict}: ${reason}`,
    ),
  ]);
  return { lines, differs: verdicts.some(({ given, found }) => given.decision !== found.decision) };
}

/** Tells of a file's record; the exit code. */
export function tell(
  file: string,
  to: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): 0 | 1 | 2 {
  try {
    const { lines, differs } = recompute(parseSamples(readFileSync(file, 'utf8')));
    if (lines.length === 0) throw new RangeError('it holds no verdict, so there is nothing to find again');
    to.out(`${lines.join('\n')}\n`);
    return differs ? 1 : 0;
  } catch (error) {
    to.err(`${file} is no record of a judge: ${error instanceof Error ? error.message : error}\n`);
    return 2;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [file] = process.argv.slice(2);
  if (file === undefined) {
    process.stderr.write('npm run recompute -- <samples.jsonl of a release>\n');
    process.exit(2);
  }
  process.exitCode = tell(file, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
