import type { Program, ProgramEnd, Programs } from '../../../host/contract.js';

/** A repository of restic, as its commands reach it. */
export interface Repository {
  readonly programs: Programs;
  /** With what it may hold of credentials; goes by the environment only. */
  readonly address: string;
  /** As the plan has it, for people: with `${NAME}` in place of values. */
  readonly shown: string;
  /** The longest that restic may neither take nor give a byte. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Starts `restic`. It answers SIGINT by cleaning up: no snapshot, no lock. */
export function start(
  repository: Repository,
  args: readonly string[],
  options: { readonly guardsInput?: boolean } = {},
): Program {
  return repository.programs.start({ ...request(repository, args), ...options });
}

/** Runs `restic` to its end, for short answers. */
export function run(
  repository: Repository,
  args: readonly string[],
  timeoutMs = repository.timeoutMs,
): Promise<ProgramEnd & { readonly stdout: string }> {
  return repository.programs.run({ ...request(repository, args), timeoutMs });
}

function request({ address, signal }: Repository, args: readonly string[]) {
  return {
    command: 'restic',
    args,
    // An address by file would contradict this one, and restic refuses two.
    env: { RESTIC_REPOSITORY: address, RESTIC_REPOSITORY_FILE: '', RESTIC_PROGRESS_FPS: '1' },
    stopBy: 'SIGINT',
    ...(signal === undefined ? {} : { signal }),
  } as const;
}
