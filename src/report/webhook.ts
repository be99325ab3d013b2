import type { Decision } from '../release/decisions.js';
import { REASONS, type ReasonCode } from '../release/reasons.js';
import type { ReleaseEnd } from './end.js';
import { plain } from './markdown.js';
import { weightVerified } from './situation.js';

/** The JSON body of a notification. */
export interface WebhookBody {
  readonly schema_version: 1;
  readonly event: Decision;
  readonly service: string;
  readonly environment: string;
  readonly version: string | null;
  readonly sha: string | null;
  readonly release: string | null;
  readonly reason_code: ReasonCode;
  readonly summary: string;
  readonly remedy: string;
  /** As last read; null when it was not or could not be. */
  readonly in_service: string | null;
  readonly weight: number | null;
  readonly weight_verified: boolean | null;
  readonly links: { readonly run: string; readonly ledger: string | null; readonly report: string | null };
  /** When the release ended, ISO 8601 in UTC; absent when no end was recorded. */
  readonly at?: string;
}

export function webhookBody(end: ReleaseEnd): WebhookBody {
  const { state, links } = end;
  return {
    schema_version: 1,
    event: end.decision,
    service: end.service,
    environment: end.environment,
    version: end.version,
    sha: end.sha,
    release: state?.started.release ?? null,
    reason_code: end.reason,
    summary: plain(end.summary || REASONS[end.reason].why, 2000),
    remedy: REASONS[end.reason].remedy,
    in_service: state?.inService ?? null,
    weight: state?.weight ?? null,
    weight_verified: weightVerified(state),
    links: { run: links.run, ledger: links.ledger, report: links.report },
    ...(state?.ended ? { at: state.ended.at } : {}),
  };
}
