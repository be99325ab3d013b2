import { ok } from '../answer.js';
import { type Call, reading } from '../call.js';
import { timestamp } from '../clock.js';
import { apiUrl, nodeId, pageUrl, type World } from '../world.js';
import { ownerOf, renderUser } from './accounts.js';

export const repositoryRoutes = reading([], {
  'repos/get': ({ world }) => ok(renderFullRepository(world)),
  'rate-limit/get': (call) => ok(renderLimits(call)),
});

const API_LINKS = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  contributors: '/contributors',
  deployments: '/deployments',
  downloads: '/downloads',
  events: '/events',
  forks: '/forks',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  hooks: '/hooks',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  languages: '/languages',
  merges: '/merges',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  stargazers: '/stargazers',
  statuses: '/statuses/{sha}',
  subscribers: '/subscribers',
  subscription: '/subscription',
  tags: '/tags',
  teams: '/teams',
  trees: '/git/trees{/sha}',
};

const REPOSITORY_ID = 1001;

/** The short form that other answers carry. */
export function renderRepository(world: World): Record<string, unknown> {
  return {
    id: REPOSITORY_ID,
    node_id: repositoryNodeId(),
    name: world.repo,
    full_name: `${world.owner}/${world.repo}`,
    private: world.visibility === 'private',
    owner: renderUser(world, ownerOf(world)),
    html_url: pageUrl(world, ''),
    description: null,
    fork: false,
    url: apiUrl(world, ''),
    ...Object.fromEntries(
      Object.entries(API_LINKS).map(([key, path]) => [`${key}_url`, apiUrl(world, path)]),
    ),
  };
}

export function repositoryNodeId(): string {
  return nodeId('Repository', REPOSITORY_ID);
}

export function renderFullRepository(world: World): Record<string, unknown> {
  const open = [...world.issues, ...world.pulls].filter(({ state }) => state === 'open').length;
  const since = timestamp(Date.UTC(2024, 0, 1));
  const page = pageUrl(world, '');
  return {
    ...renderRepository(world),
    ...{ created_at: since, updated_at: since, pushed_at: since },
    ...{ git_url: `${page}.git`, ssh_url: `${page}.git`, clone_url: `${page}.git`, svn_url: page },
    ...{ homepage: null, mirror_url: null, language: null, license: null, topics: [] },
    ...{ size: 1, stargazers_count: 0, watchers_count: 0, watchers: 0, forks_count: 0, forks: 0 },
    ...{ network_count: 0, subscribers_count: 0, open_issues_count: open, open_issues: open },
    ...{ has_issues: true, has_projects: false, has_downloads: false, has_wiki: false, has_pages: false },
    ...{ has_discussions: false, archived: false, disabled: false, is_template: false, allow_forking: true },
    visibility: world.visibility,
    default_branch: world.defaultBranch,
    web_commit_signoff_required: false,
  };
}

function renderLimits({ world, caller }: Call): unknown {
  const core = world.rateLimits.quota(caller.name, 'core');
  const search = { ...core, limit: 30, used: 0, remaining: 30 };
  return { resources: { core, search, graphql: world.rateLimits.quota(caller.name, 'graphql') }, rate: core };
}
