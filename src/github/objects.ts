import type { Client } from './client.js';
import { type CommitInfo, GithubError } from './contract.js';
import { nullWhen } from './errors.js';

/** One entry of a tree: mode `040000` is a tree, `160000` a submodule, the rest are blobs. */
export interface TreeEntry {
  readonly name: string;
  readonly mode: string;
  readonly sha: string;
}

/** Reads git objects. They reject as Octokit does. */
export interface Objects {
  commit(sha: string): Promise<CommitInfo>;
  /** The entries of a tree, or of the tree of a commit. */
  tree(sha: string): Promise<readonly TreeEntry[]>;
  /** The bytes of a blob as UTF-8. */
  text(blob: string): Promise<string>;
}

const KEPT_TREES = 200;

export function createObjects({ octokit, at }: Client): Objects {
  // A sha names one content for ever, so what was read is kept, up to a bound: ledgers grow.
  const trees = new Map<string, Promise<readonly TreeEntry[]>>();
  const readTree = async (sha: string) => {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
      ...at,
      tree_sha: sha,
    });
    if (data.truncated) {
      throw new GithubError('invalid', `GitHub lists the tree ${sha} only in part: it has too many entries`);
    }
    return data.tree.map(({ path, mode, sha: child }) => ({ name: path, mode, sha: child }));
  };
  return {
    commit: async (sha) => {
      const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', {
        ...at,
        commit_sha: sha,
      });
      const { message, tree, parents } = data;
      return { sha: data.sha, tree: tree.sha, parents: parents.map((parent) => parent.sha), message };
    },
    tree: (sha) => {
      const known = trees.get(sha);
      if (known !== undefined) return known;
      const reading = readTree(sha);
      trees.set(sha, reading);
      reading.catch(() => trees.delete(sha));
      const oldest = trees.keys().next().value;
      if (trees.size > KEPT_TREES && oldest !== undefined) trees.delete(oldest);
      return reading;
    },
    text: async (blob) => {
      const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/blobs/{file_sha}', {
        ...at,
        file_sha: blob,
      });
      return Buffer.from(data.content, 'base64').toString('utf8');
    },
  };
}

/** The commit that a branch points to, null when there is no such branch. */
export function branchHead({ octokit, at }: Client, branch: string): Promise<string | null> {
  return nullWhen(['not-found'], async () => {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/ref/{ref}', {
      ...at,
      ref: `heads/${branch}`,
    });
    return data.object.sha;
  });
}
