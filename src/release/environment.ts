import type { StageName } from './events.js';
import type { ReleaseState } from './state.js';

/**
 * The `RELEASE_*` variables of a script. `target` says which version the script is to bring: the one released, or
 * the previous one on the way back. What is not known is an empty string, never absent, so that `set -u` works.
 */
export function releaseEnvironment(options: {
  readonly state: ReleaseState;
  readonly stage: StageName;
  readonly target: 'released' | 'previous';
  readonly weight?: number;
  readonly fence: number;
}): Record<string, string> {
  const { started, weight, failing } = options.state;
  const previous = started.previous;
  const back = options.target === 'previous';
  return {
    RELEASE_ID: started.release,
    RELEASE_SERVICE: started.service,
    RELEASE_ENVIRONMENT: started.environment,
    RELEASE_VERSION: started.version,
    RELEASE_SHA: started.sha,
    RELEASE_PREVIOUS_VERSION: previous?.version ?? '',
    RELEASE_PREVIOUS_SHA: previous?.sha ?? '',
    RELEASE_TARGET_VERSION: back ? (previous?.version ?? '') : started.version,
    RELEASE_TARGET_SHA: back ? (previous?.sha ?? '') : started.sha,
    RELEASE_STAGE: options.stage,
    RELEASE_WEIGHT: String(options.weight ?? weight ?? 0),
    RELEASE_WAVE: '',
    RELEASE_REASON: started.reason ?? (back ? (failing?.reason ?? '') : ''),
    RELEASE_FENCE: String(options.fence),
  };
}
