import { createRunner } from './host/actions.js';
import { commandLine } from './host/commands.js';

const { readState, saveState } = createRunner(process);

/** Whether this process is the post step of a main that began. */
export const isPost = readState('begun') !== '';

// First of all, before the rest of the bundle is read: a signal until then kills main without a trace.
try {
  saveState('begun', 'true');
} catch (error) {
  // Without its mark the post step would take itself for main, and do everything a second time.
  const why = error instanceof Error ? error.message : String(error);
  const text = `Nothing was begun: what the post step must know cannot be written (${why}). Look at the disk of the runner.`;
  process.stdout.write(`${commandLine('error', text, { title: 'Gated Release: blocked' })}\n`);
  process.exit(1);
}
