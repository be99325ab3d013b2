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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [file] = process.argv.slice(2);
  if (file === undefined) {
    process.stderr.write('npm run recompute -- <samples.jsonl of a release>\n');
    process.exit(2);
  }
  const { lines, differs } = recompute(parseSamples(readFileSync(file, 'utf8')));
  process.stdout.write(`${lines.join('\n') || 'the record holds no verdict'}\n`);
  process.exitCode = differs ? 1 : 0;
}
