import { createHash } from 'node:crypto';
import type { Decision } from '../release/decisions.js';
import type { ReasonCode } from '../release/reasons.js';
import type { ReleaseEnd } from './end.js';
import { noticeOf, oneLine } from './notice.js';

// `critical` wakes people by default, so it is kept for a service that may not be as before.
const SEVERITIES: Readonly<Partial<Record<Decision, 'critical' | 'warning'>>> = {
  'rollback-failed': 'critical',
  'rollback-pending': 'critical',
  halted: 'critical',
  'rolled-back': 'warning',
  blocked: 'warning',
};

// Blocked, but by an earlier release that is still half done.
const UNSAFE: readonly ReasonCode[] = ['cannot-recover', 'recovery-failed'];

/** An event of the Events API v2, without its key. The next promotion resolves what any other end has triggered. */
export function pagerdutyEvent(end: ReleaseEnd): object | null {
  const dedup = { dedup_key: dedupKey(end) };
  if (end.decision === 'promoted') return { event_action: 'resolve', ...dedup };
  const severity = UNSAFE.includes(end.reason) ? 'critical' : SEVERITIES[end.decision];
  if (severity === undefined) return null;
  const { headline, summary, remedy, facts, links } = noticeOf(end);
  return {
    event_action: 'trigger',
    ...dedup,
    payload: {
      summary: oneLine(`${headline}: ${summary}`, 1024),
      source: repositoryOf(end),
      severity,
      component: end.service,
      group: end.environment,
      class: end.reason,
      ...(end.state?.ended ? { timestamp: end.state.ended.at } : {}),
      custom_details: {
        Summary: summary,
        'What to do': remedy,
        ...Object.fromEntries(facts.map(({ name, value }) => [name, value])),
      },
    },
    links: links.map(({ label, url }) => ({ href: url, text: label })),
    client: 'Gated Release',
    client_url: end.links.run,
  };
}

/** Names the repository, too: services of the same name must not resolve each other's alerts. At most 255 characters. */
function dedupKey(end: ReleaseEnd): string {
  const key = ['gated-release', repositoryOf(end), end.service, end.environment].join('/');
  return key.length <= 255 ? key : `gated-release/${createHash('sha256').update(key).digest('hex')}`;
}

/** `owner/name` */
function repositoryOf({ links }: ReleaseEnd): string {
  return links.repository.split('/').slice(-2).join('/');
}
