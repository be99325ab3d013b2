import { readState, saveState } from './host/actions.js';

/** Whether this process is the post step of a main that began. */
export const isPost = readState('begun') !== '';

// First of all, before the rest of the bundle is read: a signal until then kills main without a trace.
saveState('begun', 'true');
