import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { MARKER_NAME } from './environment.js';
import { codeOf } from './system-error.js';

const NO_GROUP = -1;

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Tells a process from a later one with the same pid. */
  readonly startedAt: string;
}

/** The processes alive in a group. */
export function processesInGroup(group: number): Process[] {
  return groupExists(group) ? listProcesses().filter((process) => process.group === group) : [];
}

/**
 * Makes a search for all that a script started: its group, what carries its marker, the children of these, and
 * what an earlier search found, since a process loses its parent when that one ends. Where there is no /proc, the
 * marker cannot be read and only the group and the children are found.
 */
export function searchForScript(group: number, marker: string): () => Process[] {
  const known = new Set<string>();
  const identity = ({ pid, startedAt }: Process) => `${pid} ${startedAt}`;
  return () => {
    const all = listProcesses();
    const isOurs = (one: Process) =>
      one.group === group || known.has(identity(one)) || carries(one.pid, marker);
    const found = new Set(all.filter(isOurs).map(({ pid }) => pid));
    for (let before = -1; before !== found.size; ) {
      before = found.size;
      for (const one of all) if (found.has(one.parent)) found.add(one.pid);
    }
    const processes = all.filter(({ pid }) => found.has(pid));
    for (const one of processes) known.add(identity(one));
    return processes;
  };
}

/**
 * What a script of an earlier process left: all that `searchForScript` finds, but its group only while that is still
 * its own. A pid is not given away as long as it names a group, so a leader that began at another time tells that the
 * group ended and another one took its number.
 */
export function searchForLeftovers(script: {
  readonly pid: number;
  readonly startedAt: string;
  readonly marker: string;
}): () => Process[] {
  const leader = listProcesses().find(({ pid }) => pid === script.pid);
  const isOurs = script.startedAt !== '' && (!leader || leader.startedAt === script.startedAt);
  return searchForScript(isOurs ? script.pid : NO_GROUP, script.marker);
}

/** Tells this process from a later one with the same pid; `` when it is gone. */
export function startOf(pid: number): string {
  if (process.platform === 'linux') return parseStat(readQuietly(`/proc/${pid}/stat`))[0]?.startedAt ?? '';
  return listByPs().find((one) => one.pid === pid)?.startedAt ?? '';
}

/** `pid 4711 (sleep 600)` */
export function describeProcess(pid: number): string {
  const command = readQuietly(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return command === '' ? `pid ${pid}` : `pid ${pid} (${command.slice(0, 200)})`;
}

/** Signals a process that may be gone, or not ours to signal; both are found out by looking again. */
export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone already. EPERM: it changed its user, and nothing here may end it.
  }
}

function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function carries(pid: number, marker: string): boolean {
  return `\0${readQuietly(`/proc/${pid}/environ`)}`.includes(`\0${MARKER_NAME}=${marker}\0`);
}

/** Without zombies: in a container nobody may ever collect them, and they hold nothing. */
function listProcesses(): Process[] {
  if (process.platform !== 'linux') return listByPs();
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => parseStat(readQuietly(`/proc/${pid}/stat`)));
}

/** The place of `starttime` after the name, see proc(5). */
const STARTED_AT = 19;

/** `4711 (a name) S 1 4700 …`; the name may hold blanks and brackets, so the last bracket counts. */
function parseStat(stat: string): Process[] {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = fields;
  if (stat === '' || state === 'Z' || state === 'X') return [];
  const startedAt = fields[STARTED_AT] ?? '';
  return [{ pid: Number.parseInt(stat, 10), parent: Number(parent), group: Number(group), startedAt }];
}

function listByPs(): Process[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='], {
    encoding: 'utf8',
  }).split('\n');
  return lines.flatMap((line) => {
    const [pid, parent, group, state = 'Z', ...started] = line.trim().split(/\s+/);
    if (state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), startedAt: started.join(' ') }];
  });
}

/** A process may end while it is being read, or belong to somebody else. */
function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
