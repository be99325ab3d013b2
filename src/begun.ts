import { readState, saveState } from './host/actions.js';
import { printCommand } from './host/commands.js';

/** Whether this process is the post step of a main that began. */
export const isPost = readState('begun') !== '';

// First of all, before the rest of the bundle is read: a signal until then kills main without a trace.
try {
  saveState('begun', 'true');
} catch (error) {
  // Without its mark the post step would take itself for main, and do everything a second time.
  const why = error instanceof Error ? error.message : String(error);
  printCommand(
    'error',
    `Nothing was begun: what the post step must know cannot be written (${why}). Look at the disk of the runner.`,
    { title: 'Gated Release: blocked' },
  );
  process.exit(1);
}
