import http from 'node:http';
import { isPost } from './begun.js';
import { main } from './main.js';
import { post } from './post.js';
import { realWorld } from './real-world.js';

/** One bundle for both steps: main marks that it began, and what it marks is what post sees. */
useProxies();
const world = realWorld(process);
endOnSurprise();
process.exitCode = await (isPost ? post : main)(world);
// Keep-alive connections and timers of a release that has ended must not hold up the job.
process.exit();

/** Self-hosted runners often reach GitHub by a proxy only; Node 24 honours its variables when asked to. */
function useProxies(): void {
  if ('setGlobalProxyFromEnv' in http && typeof http.setGlobalProxyFromEnv === 'function') {
    http.setGlobalProxyFromEnv();
  }
}

/**
 * An error that no code foresaw ends the step, and its post step takes back what was begun. A log that nobody reads
 * any more is none: the release goes on without it.
 */
function endOnSurprise(): void {
  process.stdout.on('error', () => undefined);
  process.on('uncaughtException', (error) => {
    const text = error instanceof Error ? error.message : String(error);
    world.log.error(
      `An error that was not foreseen: ${text}. What was begun is taken back in the post step. Please report it, with the log of a run in debug mode.`,
      'Gated Release: internal error',
    );
    if (world.env.RUNNER_DEBUG === '1') world.log.info(String(error instanceof Error ? error.stack : error));
    process.exit(1);
  });
}
