import { Refusal } from './answer.js';
import { runGit } from './git/process.js';
import type { GitStore } from './git/store.js';

export const WORKFLOWS = '.github/workflows';

export function isWorkflowFile(path: string): boolean {
  return path.startsWith(`${WORKFLOWS}/`);
}

/**
 * The first workflow file that a reference would bring into the repository by moving to a commit; null when there is
 * none. What another reference holds already is not brought in.
 */
export async function newWorkflowFile(
  git: GitStore,
  to: string,
  from: string | null,
): Promise<string | null> {
  const directory = async (commit: string) => (await git.info(`${commit}:${WORKFLOWS}`))?.oid ?? null;
  const before = from ?? (await git.commit(to))?.parents[0] ?? null;
  if ((await directory(to)) === (before === null ? null : await directory(before))) return null;
  const args = ['log', '--format=', '--name-only', '-m', '--root', to, '--not', '--all', '--', WORKFLOWS];
  const { stdout } = await runGit(git.path, args);
  return stdout.toString().split('\n').find(isWorkflowFile) ?? null;
}

/** REST says no more than that; the reason is in the message that GraphQL and `git push` give. */
export class WorkflowRefusal extends Refusal {
  readonly graphqlMessage: string;

  constructor(path: string) {
    super(403, 'Resource not accessible by integration');
    this.name = 'WorkflowRefusal';
    this.graphqlMessage = `refusing to allow a GitHub App to create or update workflow \`${path}\` without \`workflows\` permission`;
  }
}
