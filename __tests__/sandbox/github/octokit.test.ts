import { expect, test } from '@jest/globals';
import { commitFiles } from '../../../sandbox/github/seed.js';
import { here, started } from './started.js';

test('every kind of read and write goes through Octokit within the published schema', async () => {
  const { github, api, first } = await started({ allowPullRequests: true });
  const { rest } = api;
  const blob = await rest.git.createBlob({ ...here, content: 'aGk=', encoding: 'base64' });
  const tree = await rest.git.createTree({
    ...here,
    base_tree: first,
    tree: [
      { path: 'a/hi.txt', mode: '100644', type: 'blob', sha: blob.data.sha },
      { path: 'run.sh', mode: '100755', type: 'blob', content: 'echo\n' },
    ],
  });
  const commit = await rest.git.createCommit({
    ...here,
    message: 'Second',
    tree: tree.data.sha,
    parents: [first],
  });
  await rest.git.createRef({ ...here, ref: 'refs/heads/topic', sha: commit.data.sha });
  await rest.git.updateRef({ ...here, ref: 'heads/topic', sha: commit.data.sha });
  expect((await rest.git.getRef({ ...here, ref: 'heads/topic' })).data.object.sha).toBe(commit.data.sha);
  expect((await rest.git.listMatchingRefs({ ...here, ref: 'heads/t' })).data).toHaveLength(1);
  expect((await rest.git.getCommit({ ...here, commit_sha: first })).data.message).toBe('First\n');
  expect(
    (await rest.git.getTree({ ...here, tree_sha: tree.data.sha, recursive: '1' })).data.tree.map(
      ({ path }) => path,
    ),
  ).toEqual(['README.md', 'a', 'a/hi.txt', 'run.sh']);
  expect((await rest.git.getBlob({ ...here, file_sha: blob.data.sha })).data.content.trim()).toBe('aGk=');
  const tag = await rest.git.createTag({ ...here, tag: 'v1', message: 'One', object: first, type: 'commit' });
  await rest.git.createRef({ ...here, ref: 'refs/tags/v1', sha: tag.data.sha });
  expect((await rest.git.getTag({ ...here, tag_sha: tag.data.sha })).data.object.sha).toBe(first);
  expect((await rest.repos.getCommit({ ...here, ref: 'v1' })).data.sha).toBe(first);
  expect((await rest.repos.listCommits({ ...here, sha: 'topic' })).data).toHaveLength(2);
  const compared = await rest.repos.compareCommitsWithBasehead({ ...here, basehead: 'main...topic' });
  expect(compared.data).toMatchObject({ status: 'ahead', ahead_by: 1, merge_base_commit: { sha: first } });
  expect(compared.data.files?.map(({ filename }) => filename)).toEqual(['a/hi.txt', 'run.sh']);
  expect((await rest.repos.getBranch({ ...here, branch: 'topic' })).data.protected).toBe(false);
  expect((await rest.repos.getBranchRules({ ...here, branch: 'topic' })).data).toEqual([]);
  expect((await rest.repos.getContent({ ...here, path: 'a/hi.txt', ref: 'topic' })).data).toMatchObject({
    type: 'file',
  });
  expect((await rest.repos.getContent({ ...here, path: '', ref: 'topic' })).data).toHaveLength(3);
  expect((await rest.repos.get(here)).data.default_branch).toBe('main');
  expect((await rest.rateLimit.get()).data.rate.limit).toBe(1000);

  const pull = await rest.pulls.create({ ...here, title: 'Topic', head: 'topic', base: 'main' });
  await rest.pulls.update({ ...here, pull_number: pull.data.number, body: 'Why' });
  expect((await rest.pulls.get({ ...here, pull_number: pull.data.number })).data.mergeable).toBe(true);
  expect((await rest.pulls.list({ ...here, head: 'acme:topic' })).data).toHaveLength(1);
  expect((await rest.pulls.listFiles({ ...here, pull_number: pull.data.number })).data).toHaveLength(2);
  const ofCommit = { ...here, commit_sha: commit.data.sha };
  expect((await rest.repos.listPullRequestsAssociatedWithCommit(ofCommit)).data).toHaveLength(1);

  const issue = await rest.issues.create({
    ...here,
    title: 'Down',
    body: 'Since noon',
    labels: ['incident'],
  });
  const numbered = { ...here, issue_number: issue.data.number };
  await rest.issues.addLabels({ ...numbered, labels: ['release'] });
  await rest.issues.removeLabel({ ...numbered, name: 'release' });
  await rest.issues.setLabels({ ...numbered, labels: ['incident', 'p1'] });
  expect((await rest.issues.listLabelsOnIssue(numbered)).data).toHaveLength(2);
  expect((await rest.issues.listLabelsForRepo(here)).data).toHaveLength(3);
  expect((await rest.issues.getLabel({ ...here, name: 'p1' })).data.color).toBe('ededed');
  await rest.issues.createLabel({ ...here, name: 'p2', color: 'ff0000' });
  const comment = await rest.issues.createComment({ ...numbered, body: 'Looking' });
  await rest.issues.updateComment({ ...here, comment_id: comment.data.id, body: 'Found' });
  expect((await rest.issues.getComment({ ...here, comment_id: comment.data.id })).data.body).toBe('Found');
  expect((await rest.issues.listComments(numbered)).data).toHaveLength(1);
  await rest.issues.deleteComment({ ...here, comment_id: comment.data.id });
  expect((await rest.issues.listForRepo({ ...here, labels: 'incident', state: 'open' })).data).toHaveLength(
    1,
  );
  await rest.issues.update({ ...numbered, state: 'closed', state_reason: 'completed' });
  expect((await rest.issues.get(numbered)).data.state).toBe('closed');

  const check = await rest.checks.create({
    ...here,
    name: 'shop/production/plan',
    head_sha: first,
    status: 'in_progress',
  });
  await rest.checks.update({
    ...here,
    check_run_id: check.data.id,
    conclusion: 'success',
    output: {
      title: 'Good',
      summary: '# Good',
      annotations: [{ path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'here' }],
    },
  });
  expect((await rest.checks.get({ ...here, check_run_id: check.data.id })).data.conclusion).toBe('success');
  expect((await rest.checks.listAnnotations({ ...here, check_run_id: check.data.id })).data).toHaveLength(1);
  expect((await rest.checks.listForRef({ ...here, ref: 'main', app_id: 15368 })).data.total_count).toBe(1);
  await rest.repos.createCommitStatus({
    ...here,
    sha: first,
    state: 'success',
    context: 'ci',
    target_url: 'https://ci.example/1',
  });
  expect((await rest.repos.listCommitStatusesForRef({ ...here, ref: first })).data).toHaveLength(1);
  expect((await rest.repos.getCombinedStatusForRef({ ...here, ref: first })).data.state).toBe('success');

  const deployment = await rest.repos.createDeployment({
    ...here,
    ref: first,
    environment: 'production',
    auto_merge: false,
    required_contexts: [],
    payload: { service: 'shop' },
  });
  if (deployment.status !== 201) throw new Error('no deployment');
  const deployed = { ...here, deployment_id: deployment.data.id };
  const status = await rest.repos.createDeploymentStatus({
    ...deployed,
    state: 'inactive',
    environment_url: 'https://shop.example',
  });
  expect((await rest.repos.getDeploymentStatus({ ...deployed, status_id: status.data.id })).data.state).toBe(
    'inactive',
  );
  expect((await rest.repos.listDeploymentStatuses(deployed)).data).toHaveLength(1);
  expect(
    (await rest.repos.listDeployments({ ...here, sha: first, environment: 'production', task: 'deploy' }))
      .data,
  ).toHaveLength(1);
  expect((await rest.repos.getDeployment(deployed)).data.ref).toBe(first);
  await rest.repos.deleteDeployment(deployed);

  const run = github.addRun({ headSha: first });
  const job = github.addJob({ runId: run.id, status: 'in_progress' });
  expect((await rest.actions.listWorkflowRunsForRepo(here)).data.total_count).toBe(1);
  expect((await rest.actions.getWorkflowRun({ ...here, run_id: run.id })).data.status).toBe('in_progress');
  expect((await rest.actions.getJobForWorkflowRun({ ...here, job_id: job.id })).data.status).toBe(
    'in_progress',
  );
  expect((await rest.actions.listJobsForWorkflowRun({ ...here, run_id: run.id })).data.total_count).toBe(1);
  const attempt = { ...here, run_id: run.id, attempt_number: 1 };
  expect((await rest.actions.listJobsForWorkflowRunAttempt(attempt)).data.jobs).toHaveLength(1);
  await rest.git.deleteRef({ ...here, ref: 'heads/topic' });
  expect(await github.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('git pushes to the repository by its path, and the API sees it at once', async () => {
  const { github, api } = await started();
  const second = await commitFiles(github, {
    branch: 'main',
    message: 'Second',
    files: { 'a.sh': { content: '#!', mode: '100755' } },
  });
  expect((await api.rest.git.getRef({ ...here, ref: 'heads/main' })).data.object.sha).toBe(second);
});
