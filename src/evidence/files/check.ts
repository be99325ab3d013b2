import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EvidenceProblem } from '../contract.js';
import type { ReportFile } from '../provider.js';
import { findReports, type Spotted, shown } from './find.js';
import { isInside } from './inside.js';
import { readText } from './read.js';

export interface Search {
  readonly patterns: readonly string[];
  readonly directory: string;
  /** What lay there before the suite ran, and when that was looked at, in milliseconds since 1970. */
  readonly before: ReadonlyMap<string, Spotted>;
  readonly startedAt: number;
  readonly mostBytes: number;
  /** For people: `JUnit XML`. */
  readonly format: string;
  readonly signal: AbortSignal;
}

/** Archives keep times in steps of two seconds, and the clock of a file system elsewhere may be behind. */
const CLOCK_SLACK_MS = 10_000;

/** The files that are evidence of this run of the suite, or why there is none. */
export async function checkedReports(search: Search): Promise<readonly ReportFile[]> {
  const found = await findReports(search.patterns, search.directory);
  if (found.length === 0) {
    throw new EvidenceProblem(
      'evidence-missing',
      `no file matches ${shown(search.patterns)}; the suite has to write its ${search.format} there`,
    );
  }
  const root = await realpath(search.directory);
  const looked: Looked[] = [];
  for (const { path } of found) looked.push(await lookAt({ root, path, directory: search.directory }));
  mustBeFresh(search, found);
  mustBeSmall(search, looked);
  return looked.map(({ path, real, stats }) => {
    const of = { path, bytes: stats.size };
    return { ...of, text: () => readText({ ...of, real, inode: stats.ino, signal: search.signal }) };
  });
}

interface Looked {
  readonly path: string;
  /** All links followed. */
  readonly real: string;
  readonly stats: Stats;
}

/**
 * One old report beside new ones shuts the gate as well: the module that it belongs to was not tested now, and leaving
 * it out would make it look as if it had been.
 */
function mustBeFresh({ before, startedAt }: Search, found: readonly Spotted[]): void {
  const stale = found.filter(
    ({ path, identity, modifiedMs }) =>
      before.get(path)?.identity === identity || modifiedMs < startedAt - CLOCK_SLACK_MS,
  );
  if (stale.length === 0) return;
  const names = stale.slice(0, 3).map(({ path }) => `"${path}"`);
  const more = stale.length > 3 ? ` and ${stale.length - 3} more` : '';
  throw new EvidenceProblem(
    'evidence-stale',
    `${names.join(', ')}${more} ${stale.length === 1 ? 'is' : 'are'} older than this run of the suite, so it says nothing about this commit; remove old reports before the suite, or narrow the pattern`,
  );
}

async function lookAt(at: {
  readonly root: string;
  readonly directory: string;
  readonly path: string;
}): Promise<Looked> {
  const { root, directory, path } = at;
  const real = await realpath(join(directory, path)).catch((cause: unknown) => {
    throw new EvidenceProblem('evidence-missing', `"${path}" is a link to nothing`, { cause });
  });
  if (!isInside(root, real)) {
    throw new EvidenceProblem('evidence-outside', `"${path}" is a link that leads out of the workspace`);
  }
  const stats = await stat(real);
  if (stats.isFile()) return { path, real, stats };
  throw new EvidenceProblem(
    'evidence-invalid',
    `"${path}" is ${stats.isDirectory() ? 'a directory' : 'not a regular file'}`,
  );
}

function mustBeSmall({ mostBytes, format }: Search, looked: readonly Looked[]): void {
  let bytes = 0;
  for (const { path, stats } of looked) {
    bytes += stats.size;
    if (bytes <= mostBytes) continue;
    const most = `${mostBytes / (1024 * 1024)} MiB`;
    throw new EvidenceProblem(
      'evidence-too-large',
      `with "${path}" the ${format} is larger than ${most}; split the suite, or let it write less output into its report`,
    );
  }
}
