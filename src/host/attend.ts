import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, Redactor, ScriptRequest, ScriptResult } from './contract.js';
import { ABORT_GRACE_MS, endProcesses, GRACE_MS, waitUntilGone } from './ending.js';
import { hintFor } from './exit-hint.js';
import { type Interruption, watchForInterruption } from './interruption.js';
import { createOutput, TAIL_LINES } from './output.js';
import { describeProcess, processesInGroup, searchForScript } from './processes.js';
import type { Exit, ScriptProcess } from './script-process.js';
import { connectStreams, type Streams } from './script-streams.js';

/** For what ends with the script but a moment later, such as a `tee` that reads its output. */
const ENDS_BY_ITSELF_MS = 500;
/** A process in the middle of a system call may take this long to die. */
const DIES_WITHIN_MS = 5000;
/** After an interruption, what is still in the pipes is worth this much waiting. */
const LAST_WORDS_MS = 2000;

export type Attempt = Omit<ScriptResult, 'durationMs'>;

interface Attended {
  readonly request: ScriptRequest;
  readonly script: ScriptProcess;
  readonly marker: string;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly onMask: (value: string) => void;
}

/** Stays with a started script until its last process has ended and its last byte is taken. */
export async function attend(attended: Attended): Promise<Attempt> {
  const { request, script, log } = attended;
  const output = createOutput({ ...attended, show: shown(request, log) });
  const interruption = watchForInterruption(request.timeoutMs, request.signal);
  const streams = connectStreams({ request, script, output, onBroken: interruption.breakOff });

  await Promise.race([script.exited, interruption.happened]);
  const wasInterrupted = interruption.kind() !== null;
  const leftBehind = await (wasInterrupted ? endAll(attended) : endGroup(attended));
  const exit = await Promise.race([script.exited, lateDeath()]);
  const isComplete = await collect({ attended, streams, interruption, wasInterrupted });
  interruption.stopWatching();

  // An interruption that came when all was done changes nothing, except that half of the data is no success.
  const isWhole = !wasInterrupted && isComplete && interruption.kind() !== 'broken';
  return resultOf({ ...output.end(), exit, leftBehind, interruption: isWhole ? null : interruption });
}

function shown({ quiet, prefix }: ScriptRequest, log: Log): ((line: string) => void) | null {
  if (quiet) return null;
  return prefix === undefined ? log.info : (line) => log.info(`${prefix}${line}`);
}

/** Ends all that an interrupted script started, also what left its group. */
async function endAll({ script, marker, request }: Attended): Promise<number> {
  const search = searchForScript(script.pid, marker);
  const outside = search().filter(({ group }) => group !== script.pid);
  await endProcesses(search, () => graceFor(request));
  return outside.length;
}

/**
 * Ends what a finished script left in its group. What left the group on purpose, by `setsid`, is a service that
 * the script has started.
 */
async function endGroup({ script, request, log }: Attended): Promise<number> {
  const search = () => processesInGroup(script.pid);
  const left = await waitUntilGone(search, ENDS_BY_ITSELF_MS);
  if (left.length === 0) return 0;
  log.warning(
    `${request.name} ended but left ${left.map(({ pid }) => describeProcess(pid)).join(', ')} running, which is ended now. ` +
      'A script must wait for what it starts; what is to stay running belongs to a service manager.',
  );
  return endProcesses(search, () => graceFor(request));
}

function graceFor(request: ScriptRequest): number {
  return request.signal?.aborted ? ABORT_GRACE_MS : GRACE_MS;
}

function lateDeath(): Promise<Exit> {
  return sleep(DIES_WITHIN_MS, { code: null, signal: 'SIGKILL' }, { ref: false });
}

/** Takes the rest of the output; false when it had to be given up. */
async function collect(collected: {
  readonly attended: Attended;
  readonly streams: Streams;
  readonly interruption: Interruption;
  readonly wasInterrupted: boolean;
}): Promise<boolean> {
  const { attended, streams, interruption, wasInterrupted } = collected;
  const limit = wasInterrupted ? sleep(LAST_WORDS_MS, undefined, { ref: false }) : interruption.happened;
  const ending = await Promise.race([streams.finish(), limit.then(() => 'given-up' as const)]);
  streams.close();
  if (ending === 'held-open') {
    attended.log.warning(
      `${attended.request.name} ended, but a process that it has started still holds its output, which is closed now. ` +
        'Redirect the output of such a process, for example to a file.',
    );
  }
  return ending !== 'given-up';
}

function resultOf(ended: {
  readonly tail: readonly string[];
  readonly lastLine: string;
  readonly exit: Exit;
  readonly leftBehind: number;
  readonly interruption: Interruption | null;
}): Attempt {
  const { tail, lastLine, exit, leftBehind, interruption } = ended;
  const note = interruption ? interruption.reason() : hintFor(exit.code, tail);
  return {
    outcome: outcomeOf(exit, interruption),
    exitCode: exit.code,
    signal: exit.signal,
    lastLine,
    tail: note === null ? tail : [...tail.slice(1 - TAIL_LINES), note],
    leftBehind,
  };
}

function outcomeOf(exit: Exit, interruption: Interruption | null): ScriptResult['outcome'] {
  const kind = interruption?.kind() ?? null;
  if (kind === null) return exit.code === 0 ? 'ok' : 'failed';
  return kind === 'broken' ? 'failed' : kind;
}
