import { timestamp } from '../clock.js';
import type { FileDifference } from '../git/diff.js';
import type { CommitObject, Person } from '../git/objects.js';
import type { Actor } from '../tokens.js';
import { apiUrl, nodeId, pageUrl, type World } from '../world.js';
import { renderUser } from './accounts.js';

export const GITHUB = { name: 'GitHub', email: 'noreply@github.com' };

/** The author that GitHub gives a commit made for this actor. */
export function identityOf({ id, login }: Actor): { name: string; email: string } {
  return { name: login, email: `${id}+${login}@users.noreply.github.com` };
}

/** The answer of the git database. */
export function renderGitCommit(world: World, oid: string, commit: CommitObject): GitCommit {
  return {
    sha: oid,
    node_id: nodeId('Commit', oid),
    url: apiUrl(world, `/git/commits/${oid}`),
    html_url: pageUrl(world, `/commit/${oid}`),
    author: renderPerson(commit.author),
    committer: renderPerson(commit.committer),
    tree: treeLink(world, commit.tree),
    message: commit.message,
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: apiUrl(world, `/git/commits/${parent}`),
      html_url: pageUrl(world, `/commit/${parent}`),
    })),
    verification: verification(world, oid, commit),
  };
}

export interface GitCommit {
  readonly sha: string;
  readonly url: string;
  readonly [key: string]: unknown;
}

/** The answer of the repository's commits, without files. */
export function renderCommit(world: World, oid: string, commit: CommitObject): Record<string, unknown> {
  return {
    sha: oid,
    node_id: nodeId('Commit', oid),
    url: apiUrl(world, `/commits/${oid}`),
    html_url: pageUrl(world, `/commit/${oid}`),
    comments_url: apiUrl(world, `/commits/${oid}/comments`),
    commit: {
      url: apiUrl(world, `/git/commits/${oid}`),
      author: renderPerson(commit.author),
      committer: renderPerson(commit.committer),
      message: commit.message,
      comment_count: 0,
      tree: treeLink(world, commit.tree),
      verification: verification(world, oid, commit),
    },
    author: accountOf(world, commit.author),
    committer: accountOf(world, commit.committer),
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: apiUrl(world, `/commits/${parent}`),
      html_url: pageUrl(world, `/commit/${parent}`),
    })),
  };
}

export function renderFile(world: World, head: string, file: FileDifference): Record<string, unknown> {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.oid,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: pageUrl(world, `/blob/${head}/${path}`),
    raw_url: pageUrl(world, `/raw/${head}/${path}`),
    contents_url: apiUrl(world, `/contents/${path}?ref=${head}`),
    ...(file.from === null ? {} : { previous_filename: file.from }),
  };
}

export function renderPerson({ name, email, seconds }: Person): {
  name: string;
  email: string;
  date: string;
} {
  return { name, email, date: timestamp(seconds * 1000) };
}

export function personNow(world: World, identity: { readonly name: string; readonly email: string }): Person {
  return { ...identity, seconds: Math.floor(world.now() / 1000), zone: '+0000' };
}

function treeLink(world: World, oid: string): { sha: string; url: string } {
  return { sha: oid, url: apiUrl(world, `/git/trees/${oid}`) };
}

export function isVerified(world: World, oid: string): boolean {
  return world.signed.has(oid);
}

function verification(world: World, oid: string, commit: CommitObject): unknown {
  if (!isVerified(world, oid)) {
    const reason = commit.signature === null ? 'unsigned' : 'unknown_key';
    return { verified: false, reason, signature: commit.signature, payload: null, verified_at: null };
  }
  const verifiedAt = timestamp(commit.committer.seconds * 1000);
  return {
    verified: true,
    reason: 'valid',
    signature: 'signed by GitHub',
    payload: '',
    verified_at: verifiedAt,
  };
}

function accountOf(world: World, { email, name }: Person): unknown {
  const match = /^(\d+)\+(.+)@users\.noreply\.github\.com$/.exec(email);
  const login = match?.[2] ?? (email === GITHUB.email ? 'web-flow' : null);
  if (login === null) return null;
  const type = name.endsWith('[bot]') ? 'Bot' : 'User';
  return renderUser(world, { id: Number(match?.[1] ?? 19864447), login, type });
}
