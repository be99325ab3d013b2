import { createHash } from 'node:crypto';
import type { ProgramEnd } from '../../../host/contract.js';
import type { StoredObject } from '../../entry.js';
import { BackupProblem } from '../../problem.js';
import type { ExpectedStream } from '../../provider.js';
import { type Repository, start } from './command.js';
import { failureOf, stallOf } from './failure.js';
import { type Stall, watchForStall } from './stall.js';

/**
 * The one file of a snapshot, as `restic dump` gives it. It fails at its end unless restic has ended well and the
 * bytes are those expected: what is handed out before must not be relied on until then.
 */
export async function* dump(
  repository: Repository,
  {
    id,
    file,
    expected,
  }: { readonly id: string; readonly file: string; readonly expected: ExpectedStream | null },
): AsyncGenerator<Uint8Array> {
  // A cache beside the repository would give back what was just written, whatever the repository holds by now.
  const program = start(repository, ['dump', '--no-cache', id, `/${file}`]);
  program.stdin.end();
  const hash = createHash('sha256');
  let size = 0;
  let isWanted = true;
  const stall = watchForStall(repository, {
    isWaitedFor: () => isWanted,
    progress: () => size,
    stop: program.stop,
  });
  try {
    for await (const chunk of program.stdout as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      isWanted = false;
      yield chunk;
      isWanted = true;
    }
    const end = await program.ended;
    repository.signal?.throwIfAborted();
    if (end.outcome !== 'ok') throw whyItEnded(stall, end, repository);
    if (expected !== null) compare(id, expected, { sha256: hash.digest('hex'), size });
  } finally {
    stall.end();
    program.stop();
    program.stdout.destroy();
    await program.ended;
  }
}

function whyItEnded(stall: Stall, end: ProgramEnd, repository: Repository): BackupProblem {
  const problem = stall.problem();
  if (problem !== null) return stallOf(problem, end, repository);
  return failureOf(end, repository, { doing: 'reading from', reads: true });
}

function compare(id: string, expected: ExpectedStream, found: StoredObject): void {
  const isAsLong = expected.size === null || found.size === expected.size;
  if (isAsLong && found.sha256 === expected.sha256) return;
  const stored = `${expected.size === null ? '' : `${expected.size} bytes with `}${expected.sha256}`;
  throw new BackupProblem(
    'damaged',
    `the snapshot ${id} gives back ${found.size} bytes with the SHA-256 ${found.sha256}, but ${stored} were stored; check the repository, and take the backup again`,
  );
}
