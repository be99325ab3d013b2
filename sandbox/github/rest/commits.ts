import { notFound, ok, Refusal, unprocessable } from '../answer.js';
import { type Call, reading } from '../call.js';
import type { FileDifference } from '../git/diff.js';
import { gitOutput } from '../git/process.js';
import { mayRead } from '../tokens.js';
import { apiUrl, pageUrl, type World } from '../world.js';
import { renderCommit, renderFile } from './commit.js';
import { listed, page } from './pages.js';
import { findPull, pullsOfCommit, renderPullSummary } from './pulls.js';

/** More files than that are not listed. */
export const MAX_FILES = 300;

export const commitRoutes = [
  ...reading('contents', {
    'repos/list-commits': listCommits,
    'repos/get-commit': getCommit,
    'repos/compare-commits-with-basehead': compare,
  }),
  ...reading('pull-requests', { 'pulls/list-commits': commitsOfPull }),
  ...reading(['pull-requests', 'contents'], {
    'repos/list-pull-requests-associated-with-commit': async (call) => {
      const { world, caller, path } = call;
      const pulls = await pullsOfCommit(world, await commitFor(world, path.commit_sha ?? ''));
      // What the caller may not read is left out without a word.
      const isReadable = world.visibility === 'public' || mayRead(caller, 'pull-requests');
      return listed(call, isReadable ? pulls : [], (pull) => renderPullSummary(world, pull));
    },
  }),
];

/** More commits of a pull request than that are not listed. */
const MAX_COMMITS = 250;

async function commitsOfPull(call: Call) {
  const { baseSha, headSha } = await findPull(call.world, call.path.pull_number);
  const commits = await call.world.git.ahead(baseSha, headSha);
  return listed(call, commits.slice(0, MAX_COMMITS), (oid) => commitBody(call.world, oid));
}

/** The commit that a branch, tag or id names, or GitHub's 422. */
export async function commitFor(world: World, revision: string): Promise<string> {
  const oid = await world.git.commitId(revision);
  if (oid === null) throw unprocessable(`No commit found for SHA: ${revision}`);
  return oid;
}

export async function commitBody(world: World, oid: string): Promise<Record<string, unknown>> {
  const commit = await world.git.commit(oid);
  if (commit === null) throw notFound();
  return renderCommit(world, oid, commit);
}

async function listCommits(call: Call) {
  const { world, query } = call;
  const start = await world.git.commitId(query.sha ?? world.defaultBranch);
  if (start === null)
    throw query.sha === undefined ? new Refusal(409, 'Git Repository is empty.') : notFound();
  const limits = ['since', 'until', 'author'].flatMap((key) =>
    query[key] === undefined ? [] : [`--${key}=${query[key]}`],
  );
  const paths = query.path === undefined ? [] : ['--', query.path];
  const oids = await world.git.revisions(...limits, start, ...paths);
  return listed(call, oids, (oid) => commitBody(world, oid));
}

async function getCommit({ world, path, accept }: Call) {
  const oid = await commitFor(world, path.ref ?? '');
  if (/\bsha\b/.test(accept))
    return { status: 200, body: oid, headers: { 'content-type': 'application/vnd.github.sha' } };
  const commit = await world.git.commit(oid);
  const files = await world.git.differences(commit?.parents[0] ?? null, oid);
  return ok({
    ...(await commitBody(world, oid)),
    stats: stats(files),
    files: renderFiles(world, oid, files),
  });
}

function stats(files: readonly FileDifference[]) {
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return { total: additions + deletions, additions, deletions };
}

function renderFiles(world: World, head: string, files: readonly FileDifference[]) {
  return files.slice(0, MAX_FILES).map((file) => renderFile(world, head, file));
}

async function compare(call: Call) {
  const { world, path, accept } = call;
  const [baseName = '', headName] = (path.basehead ?? '').split('...');
  const base = await world.git.commitId(withoutOwner(world, baseName));
  const head = await world.git.commitId(withoutOwner(world, headName ?? ''));
  if (base === null || head === null) throw notFound();
  const mergeBase = await world.git.mergeBase(base, head);
  if (mergeBase === null) throw new Refusal(404, `No common ancestor between ${baseName} and ${headName}.`);
  if (/\b(diff|patch)\b/.test(accept)) return asText(world, mergeBase, head);
  const ahead = await world.git.ahead(base, head);
  const behind = await world.git.countAhead(head, base);
  const { items, headers } = page(call, ahead, 250);
  const range = `${baseName}...${headName}`;
  const url = pageUrl(world, `/compare/${range}`);
  const body = {
    url: apiUrl(world, `/compare/${range}`),
    html_url: url,
    permalink_url: pageUrl(
      world,
      `/compare/${world.owner}:${base.slice(0, 7)}...${world.owner}:${head.slice(0, 7)}`,
    ),
    diff_url: `${url}.diff`,
    patch_url: `${url}.patch`,
    base_commit: await commitBody(world, base),
    merge_base_commit: await commitBody(world, mergeBase),
    status: relation(ahead.length, behind),
    ahead_by: ahead.length,
    behind_by: behind,
    total_commits: ahead.length,
    commits: await Promise.all(items.map((oid) => commitBody(world, oid))),
    // The files come with the first page of commits only.
    files:
      Number(call.query.page ?? 1) > 1
        ? []
        : renderFiles(world, head, await world.git.differences(mergeBase, head)),
  };
  return { ...ok(body), headers };
}

async function asText(world: World, base: string, head: string) {
  const body = await gitOutput(world.git.path, ['diff', base, head]);
  return { status: 200, body, headers: { 'content-type': 'application/vnd.github.diff; charset=utf-8' } };
}

function relation(ahead: number, behind: number): string {
  if (ahead === 0) return behind === 0 ? 'identical' : 'behind';
  return behind === 0 ? 'ahead' : 'diverged';
}

/** `owner:branch` is another way to name a branch of this repository. */
function withoutOwner(world: World, name: string): string {
  return name.startsWith(`${world.owner}:`) ? name.slice(world.owner.length + 1) : name;
}
