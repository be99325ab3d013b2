import { ReferenceConflict } from './git/references.js';
import { GitStore } from './git/store.js';

export interface SeedFile {
  readonly content: string | Buffer;
  /** `100644` by default; `100755` for a script, `120000` for a symbolic link. */
  readonly mode?: '100644' | '100755' | '120000';
}

export interface SeedCommit {
  readonly branch: string;
  /** Path → content; null takes the file away. */
  readonly files: Readonly<Record<string, string | SeedFile | null>>;
  readonly message: string;
  /** The head of the branch by default, or none for a new one. The files are changes to the first of them. */
  readonly parents?: readonly string[];
  readonly author?: { readonly name: string; readonly email: string };
  /** Milliseconds since 1970. */
  readonly date?: number;
}

const AUTHOR = { name: 'Dev Eloper', email: 'dev@example.com' };

/** Commits files on a branch of a bare repository, as a push by a person would; gives the new commit's id. */
export async function commitFiles(
  github: { readonly repositoryPath: string },
  { branch, files, message, parents, author = AUTHOR, date = Date.now() }: SeedCommit,
): Promise<string> {
  const git = new GitStore(github.repositoryPath);
  const name = `refs/heads/${branch}`;
  try {
    const head = (await git.reference(name))?.oid ?? null;
    const [first = null, ...others] = parents ?? (head === null ? [] : [head]);
    const base = first === null ? null : ((await git.commit(first))?.tree ?? null);
    const changes = Object.entries(files).map(([path, file]) => ({ path, entry: entryOf(git, file) }));
    const by = { ...author, seconds: Math.floor(date / 1000), zone: '+0000' };
    const to = git.writeCommit({
      tree: await git.editTree(base, changes),
      parents: first === null ? [] : [first, ...others],
      author: by,
      committer: by,
      message: message.endsWith('\n') ? message : `${message}\n`,
    });
    await git.change([{ name, to, from: head }]);
    return to;
  } catch (error) {
    if (!(error instanceof ReferenceConflict)) throw error;
    throw new Error(`The branch ${branch} moved while a commit was made for it: ${error.message}`, {
      cause: error,
    });
  } finally {
    await git.stop();
  }
}

function entryOf(git: GitStore, file: string | SeedFile | null): { mode: string; oid: string } | null {
  if (file === null) return null;
  const { content, mode = '100644' } = typeof file === 'string' ? { content: file } : file;
  return { mode, oid: git.writeBlob(Buffer.from(content)) };
}
