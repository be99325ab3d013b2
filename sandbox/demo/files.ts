import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { directoryOf, logOf, type Performed } from './perform.js';
import type { World } from './world.js';

export const LEDGER = 'gated-release/shop/production';

/** What a file of a release is, by its name. */
export const FILES: Readonly<Record<string, string>> = {
  'summary.md': 'the job summary, as the workflow run shows it',
  'report.md': 'the report, from the ledger',
  'weight.svg': 'its chart, from the ledger',
  'evidence.svg': 'how the evidence grew, from the ledger',
  'samples.jsonl': 'what each verdict can be computed from, from the ledger',
  'events.jsonl': 'the record itself, from the ledger',
  'result.json': 'the output `result` of the step',
  'log.txt': 'the log of the job',
};

/** Writes what a person would look at after a release; gives the names of the files that there are. */
export async function writeFiles(world: World, { release, job, step }: Performed): Promise<string[]> {
  const directory = directoryOf(world, release);
  await mkdir(directory, { recursive: true });
  const id = step.outputs['release-id'] ?? '';
  const texts: Readonly<Record<string, string | null>> = {
    'summary.md': [step, ...job.posts].map(({ summary }) => summary).join(''),
    'report.md': await ledgerFile(world, `${id}/report.md`),
    'weight.svg': await ledgerFile(world, `${id}/weight.svg`),
    'evidence.svg': await ledgerFile(world, `${id}/evidence.svg`),
    'samples.jsonl': await ledgerFile(world, `${id}/samples.jsonl`),
    'events.jsonl': await ledgerFile(world, `${id}/events.jsonl`),
    'result.json': pretty(step.outputs.result),
  };
  const written = Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== null);
  await Promise.all(written.map(([name, text]) => writeFile(join(directory, name), text)));
  return [...written.map(([name]) => name), basename(logOf(world, release))];
}

async function ledgerFile({ github }: World, path: string): Promise<string | null> {
  try {
    return `${await github.git('show', `${LEDGER}:${path}`)}\n`;
  } catch {
    // A release without a canary has no chart, and one that never began no report: then there is no file.
    return null;
  }
}

function pretty(json: string | undefined): string | null {
  return json === undefined ? null : `${JSON.stringify(JSON.parse(json), null, 2)}\n`;
}
