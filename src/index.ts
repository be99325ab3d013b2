import http from 'node:http';
import { isPost } from './begun.js';
import { main } from './main.js';
import { post } from './post.js';
import { realWorld } from './real-world.js';

/** One bundle for both steps: main marks that it began, and what it marks is what post sees. */
useProxies();
const world = realWorld(process);
process.exitCode = await (isPost ? post : main)(world);
// Keep-alive connections and timers of a release that has ended must not hold up the job.
process.exit();

/** Self-hosted runners often reach GitHub by a proxy only; Node 24 honours its variables when asked to. */
function useProxies(): void {
  if ('setGlobalProxyFromEnv' in http && typeof http.setGlobalProxyFromEnv === 'function') {
    http.setGlobalProxyFromEnv();
  }
}
