import type { RollbackRequest } from './contract.js';

/**
 * The commands that make the same commit by hand, for a shell at the root of a clone: pushed to the branch itself, or
 * to one of its own for a pull request. `url` is the page of the repository.
 */
export function rollbackCommands(
  request: RollbackRequest,
  { url, by }: { readonly url: string; readonly by: 'push' | 'pull-request' },
): readonly string[] {
  const { release, branch, from, to, paths, title, body } = request;
  const own = `gated-rollback/${release}`;
  const scope = paths.length === 0 ? [':(top)'] : paths.map((glob) => `:(top,glob)${glob}`);
  const pathspecs = [...scope, ':(top,exclude).github/workflows'].map(quoted).join(' ');
  const texts = [title, body].filter((text) => text.trim() !== '').map((text) => `-m ${quoted(text)}`);
  const trailers = rollbackTrailers(request).map((trailer) => `--trailer ${quoted(trailer)}`);
  return [
    `git fetch origin ${quoted(branch)} ${from} ${to}`,
    `git switch --create ${quoted(own)} ${quoted(`origin/${branch}`)}`,
    `git diff --binary --full-index --no-renames ${from} ${to} -- ${pathspecs} | git apply --index --3way`,
    `git commit ${[...texts, ...trailers].join(' ')}`,
    ...(by === 'push'
      ? [`git push origin ${quoted(`HEAD:${branch}`)}`]
      : [`git push origin ${quoted(own)}`, `# then open ${url}/compare/${branch}...${own}?expand=1`]),
  ];
}

/** What marks the rollback commit of a release; `Gated-Release` is what it is found by. */
export function rollbackTrailers({
  release,
  from,
  to,
}: Pick<RollbackRequest, 'release' | 'from' | 'to'>): readonly string[] {
  return [`Gated-Release: ${release}`, `Rolls-Back: ${from}..${to}`];
}

function quoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
