import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SweptProcess } from './contract.js';
import { hasCode } from './failure.js';

/**
 * Ends each process whose environment still carries the job's `RUNNER_TRACKING_ID`, with SIGKILL and without
 * its children. R Runner.Worker/JobExtension.cs FinalizeJob. Only where there is /proc; elsewhere it finds none.
 */
export async function sweepOrphans(trackingId: string): Promise<SweptProcess[]> {
  const orphans = await findOrphans(trackingId);
  for (const { pid } of orphans) killIfAlive(pid);
  await waitUntilGone(trackingId);
  return orphans;
}

async function findOrphans(trackingId: string): Promise<SweptProcess[]> {
  const found = await Promise.all((await listPids()).map((pid) => inspect(pid, trackingId)));
  return found.filter((process) => process !== null);
}

async function listPids(): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  return entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
}

/** A process that ends while it is being read, or belongs to somebody else, is not one of ours. */
async function inspect(pid: number, trackingId: string): Promise<SweptProcess | null> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    if (!environment.split('\0').includes(`RUNNER_TRACKING_ID=${trackingId}`)) return null;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').join(' ').trim();
    return { pid, command };
  } catch {
    return null;
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

/** The kernel needs a moment; a test that looks for leftovers must not see them dying. */
async function waitUntilGone(trackingId: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if ((await findOrphans(trackingId)).length === 0) return;
    await sleep(20);
  }
}
