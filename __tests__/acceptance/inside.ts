import type { ProcessOptions, StepProcess } from '../../sandbox/runner/step-process.js';
import { main } from '../../src/main.js';
import { post } from '../../src/post.js';
import { realWorld } from '../../src/real-world.js';
import type { ScenarioOptions } from './scenario.js';

/**
 * Of a scenario, that it runs the action in the process of the test, between the same runner, GitHub, git and scripts
 * as a process of its own, for a fraction of its cost. Not for what a process itself shows: signals, a kill, what is
 * left when it ends, its package. Nor for a probe, which would share this process with the service that it measures.
 * With `GATED_RELEASE_ACTION=packaged`, as in continuous integration, these run the packaged action as all others do.
 */
export const INSIDE: Pick<ScenarioOptions, 'startAction'> =
  process.env.GATED_RELEASE_ACTION === 'packaged' ? {} : { startAction: startInside };

function startInside({ env, onLine }: ProcessOptions): StepProcess {
  const interruptions: (() => void)[] = [];
  const world = realWorld({
    env,
    stdout: { write: (text) => text.replace(/\n$/, '').split('\n').forEach(onLine) },
    on: (signal, listener) => signal === 'SIGINT' && interruptions.push(listener),
  });
  const isPost = world.saved.read('begun') !== '';
  world.saved.write('begun', 'true');
  return {
    pid: () => null,
    signal: () => undefined,
    interrupt: () => interruptions.forEach((interrupt) => void interrupt()),
    ended: (isPost ? post : main)(world).then((exitCode) => ({ exitCode, signal: null })),
  };
}
