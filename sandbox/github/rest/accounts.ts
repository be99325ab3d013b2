import { timestamp } from '../clock.js';
import type { Actor, App } from '../tokens.js';
import { nodeId, type World } from '../world.js';

const USER_LINKS = {
  followers: '/followers',
  following: '/following{/other_user}',
  gists: '/gists{/gist_id}',
  starred: '/starred{/owner}{/repo}',
  subscriptions: '/subscriptions',
  organizations: '/orgs',
  repos: '/repos',
  events: '/events{/privacy}',
  received_events: '/received_events',
};

export function renderUser(world: World, { id, login, type }: Actor): Record<string, unknown> {
  const name = encodeURIComponent(login);
  const url = `${world.origin}/users/${name}`;
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `${world.origin}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url:
      type === 'Bot' ? `${world.origin}/apps/${name.replace('%5Bbot%5D', '')}` : `${world.origin}/${name}`,
    ...Object.fromEntries(Object.entries(USER_LINKS).map(([key, path]) => [`${key}_url`, url + path])),
    type,
    user_view_type: 'public',
    site_admin: false,
  };
}

export function ownerOf(world: World): Actor {
  return { id: 9001, login: world.owner, type: 'User' };
}

export function renderApp(world: World, app: App): Record<string, unknown> {
  const since = timestamp(Date.UTC(2018, 6, 30));
  return {
    id: app.id,
    client_id: `Iv1.${app.id}`,
    slug: app.slug,
    node_id: nodeId('App', app.id),
    owner: renderUser(world, { id: 9919, login: 'github', type: 'User' }),
    name: app.name,
    description: '',
    external_url: `${world.origin}/apps/${app.slug}`,
    html_url: `${world.origin}/apps/${app.slug}`,
    created_at: since,
    updated_at: since,
    permissions: {},
    events: [],
  };
}
