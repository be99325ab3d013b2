import type { RollbackRequest } from './contract.js';
import { comesBack, rollbackBranch, rollbackTrailers } from './rollback-text.js';

/**
 * The commands that make the same commit by hand, for a shell at the root of a clone: pushed to the branch itself, or
 * to one of its own for a pull request. `url` is the page of the repository.
 */
export function rollbackCommands(
  request: RollbackRequest,
  { url, by }: { readonly url: string; readonly by: 'push' | 'pull-request' },
): readonly string[] {
  const { branch, from, to, paths, title, body } = request;
  const own = rollbackBranch(request);
  const scope = paths.length === 0 ? [':(top)'] : paths.map((glob) => `:(top,glob)${glob}`);
  const pathspecs = [...scope, ':(top,exclude).github/workflows'].map(quoted).join(' ');
  const texts = [title, body, comesBack(request)].filter((text) => text.trim() !== '');
  const messages = texts.map((text) => `-m ${quoted(text)}`);
  const trailers = rollbackTrailers(request).map((trailer) => `--trailer ${quoted(trailer)}`);
  return [
    `git fetch origin ${quoted(branch)} ${from} ${to}`,
    `git switch --create ${quoted(own)} ${quoted(`origin/${branch}`)}`,
    `git diff --binary --full-index --no-renames ${from} ${to} -- ${pathspecs} | git apply --index --3way`,
    '# where that names conflicts: mend these files and `git add` them, then go on',
    `git commit ${[...messages, ...trailers].join(' ')}`,
    ...(by === 'push'
      ? [`git push origin ${quoted(`HEAD:${branch}`)}`]
      : [`git push origin ${quoted(own)}`, `# then open ${compareUrl(request, url)}`]),
  ];
}

/** The commands that finish a proposal whose branch is on GitHub, and that leaves a choice to a person. */
export function proposalCommands(request: RollbackRequest, files: readonly string[]): readonly string[] {
  const own = rollbackBranch(request);
  return [
    `git fetch origin ${quoted(request.branch)} ${quoted(own)}`,
    `git switch ${quoted(own)}`,
    `git merge ${quoted(`origin/${request.branch}`)}`,
    '# that names the conflicts: mend these files, then go on',
    `git add -- ${files.map(quoted).join(' ')}`,
    'git commit --no-edit',
    `git push origin ${quoted(own)}`,
  ];
}

/** The page that shows what the rollback branch would change, and opens a pull request for it. */
export function compareUrl(request: RollbackRequest, url: string): string {
  const name = (branch: string) => branch.split('/').map(encodeURIComponent).join('/');
  return `${url}/compare/${name(request.branch)}...${name(rollbackBranch(request))}?expand=1`;
}

function quoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
