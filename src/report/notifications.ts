import type { NotifyTarget } from '../plan/plan.js';
import type { ReleaseEnd } from './end.js';
import { noticeOf } from './notice.js';
import { pagerdutyEvent } from './pagerduty.js';
import { slackMessage } from './slack.js';
import { teamsMessage } from './teams.js';
import { webhookBody } from './webhook.js';

/**
 * The JSON body for a channel; null when it has nothing to say there. PagerDuty's is without its `routing_key`,
 * which is a secret that the sender adds.
 */
export function notificationOf(kind: NotifyTarget['kind'], end: ReleaseEnd): object | null {
  switch (kind) {
    case 'webhook':
      return webhookBody(end);
    case 'slack':
      return slackMessage(noticeOf(end));
    case 'teams':
      return teamsMessage(noticeOf(end));
    case 'pagerduty':
      return pagerdutyEvent(end);
  }
}
