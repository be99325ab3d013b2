import { parentPort } from 'node:worker_threads';
import { findingsOf, type Task } from '../sandbox/simulation/findings.js';

parentPort?.on('message', async (task: Task) => {
  const { findings } = await findingsOf(task);
  parentPort?.postMessage(findings);
});
