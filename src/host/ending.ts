import { setTimeout as sleep } from 'node:timers/promises';
import { type Process, signalQuietly } from './processes.js';

/** How long processes get between SIGTERM and SIGKILL. */
export const GRACE_MS = 5000;
/** As short as it must be when the runner itself is about to be killed. */
export const ABORT_GRACE_MS = 2000;

const KILL_WITHIN_MS = 2000;
const FIRST_LOOK_MS = 10;
const SLOWEST_LOOK_MS = 200;

/**
 * Ends all that `find` finds, asking first, and looks again until nothing is left, since a process may start
 * another one while it is ended. Only what is there at first is asked: what comes later is the cleaning up that
 * was asked for. `graceMs` is asked at each look, so that an abort can shorten it. Returns how many were ended.
 */
export async function endProcesses(find: () => readonly Process[], graceMs: () => number): Promise<number> {
  const ended = new Set<number>();
  for (const { pid } of find()) {
    signalQuietly(pid, 'SIGTERM');
    ended.add(pid);
  }
  await lookUntilGone(find, graceMs, () => undefined);
  await lookUntilGone(
    find,
    () => KILL_WITHIN_MS,
    ({ pid }) => {
      signalQuietly(pid, 'SIGKILL');
      ended.add(pid);
    },
  );
  return ended.size;
}

/** Gives processes a moment to end by themselves; returns those that did not. */
export async function waitUntilGone(
  find: () => readonly Process[],
  withinMs: number,
): Promise<readonly Process[]> {
  await lookUntilGone(
    find,
    () => withinMs,
    () => undefined,
  );
  return find();
}

async function lookUntilGone(
  find: () => readonly Process[],
  withinMs: () => number,
  visit: (process: Process) => void,
): Promise<void> {
  const started = performance.now();
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, SLOWEST_LOOK_MS)) {
    const processes = find();
    if (processes.length === 0) return;
    for (const process of processes) visit(process);
    if (performance.now() - started >= withinMs()) return;
    await sleep(pause);
  }
}
