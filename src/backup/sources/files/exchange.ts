import { link, mkdir, rename, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Programs } from '../../../host/contract.js';
import { runTool } from '../../flow.js';
import { statIfThere } from './stat.js';
import { inodeOf } from './units.js';

/** Lets two names of one file system trade places, in one step. */
export type Exchange = (one: string, other: string) => Promise<void>;

/** The number of the system call `renameat2` on the machines that have one of their own. */
const RENAMEAT2: Readonly<Record<string, string>> = { x64: '316', arm64: '276', riscv64: '276' };

/** Relative to nothing (-100: AT_FDCWD), as an exchange (2: RENAME_EXCHANGE). */
const BY_PERL = 'syscall($ARGV[0] + 0, -100, $ARGV[1], -100, $ARGV[2], 2) == 0 or die "renameat2: $!\\n"';

/**
 * How an exchange is done here, tried out on two empty directories. Node has no call for it, so it is that of `mv`
 * (GNU coreutils 9.5) or of `perl`. Null where there is neither, or the file system has none.
 */
export async function exchangeIn(directory: string, programs: Programs): Promise<Exchange | null> {
  const number = RENAMEAT2[process.arch];
  const ways: readonly Exchange[] = [
    (one, other) => run(programs, 'mv', ['--exchange', '--no-target-directory', '--', one, other]),
    ...(number === undefined
      ? []
      : [(one: string, other: string) => run(programs, 'perl', ['-e', BY_PERL, number, one, other])]),
  ];
  for (const exchange of ways) if (await works(exchange, directory)) return exchange;
  return null;
}

/** What is at `from` comes to `live`, and what is there goes to `aside`. Turned round, it takes itself back. */
export interface Move {
  readonly from: string;
  readonly live: string;
  readonly aside: string;
}

/**
 * Each moment has either the old or the new, whole; only a directory without an `exchange` is missing between two
 * renames. Either side may be missing. Whatever fails leaves the old one in its place.
 */
export async function move({ from, live, aside }: Move, exchange: Exchange | null): Promise<void> {
  const [next, old] = [typeOf(from), typeOf(live)];
  await mkdir(dirname(aside), { recursive: true, mode: 0o700 });
  if (next === null) return rename(live, aside);
  if (old === null) return rename(from, live);
  if (old === 'other' && next === 'other') {
    await link(live, aside);
    return rename(from, live);
  }
  if (exchange !== null) {
    await exchange(from, live);
    return rename(from, aside);
  }
  await rename(live, aside);
  await rename(from, live).catch(async (error: unknown) => {
    await rename(aside, live);
    throw error;
  });
}

function typeOf(path: string): 'directory' | 'other' | null {
  const stat = statIfThere(path);
  if (stat === null) return null;
  return stat.isDirectory() ? 'directory' : 'other';
}

async function works(exchange: Exchange, directory: string): Promise<boolean> {
  const [one, other] = [join(directory, 'one'), join(directory, 'other')];
  for (const path of [one, other]) await mkdir(path, { recursive: true });
  const [first, second] = [inodeOf(one), inodeOf(other)];
  const isDone = await exchange(one, other).then(
    () => true,
    () => false,
  );
  const isSwapped = inodeOf(one) === second && inodeOf(other) === first;
  for (const path of [one, other]) await rmdir(path);
  return isDone && isSwapped;
}

/** Without a signal: an exchange that was begun is ended. */
function run(programs: Programs, command: string, args: readonly string[]): Promise<void> {
  return runTool(programs, { name: command, command, args });
}
