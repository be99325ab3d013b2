import { GithubError } from './contract.js';

/**
 * What a failed request means. `limited`: GitHub asks to wait, nothing was done. `conflict`: the head was not the
 * one expected. `unreachable`: no answer that can be trusted, so a write may or may not have happened.
 */
export type FailureKind = GithubError['kind'] | 'limited' | 'conflict';

export interface Failure {
  readonly kind: FailureKind;
  /** GitHub's own words, without the link to its documentation. */
  readonly reason: string;
  /** How long GitHub asks to wait, in milliseconds; null when it does not say. */
  readonly waitMs: number | null;
}

/** Reads an error of Octokit (REST, GraphQL, network) or one of our own. */
export function failureOf(error: unknown): Failure {
  if (error instanceof GithubError) return { kind: error.kind, reason: error.message, waitMs: null };
  const shape = shapeOf(error);
  const first = shape.graphql[0];
  const limited = limitOf(shape);
  if (limited !== null) return limited;
  if (first !== undefined) return { kind: graphqlKind(first), reason: first.message, waitMs: null };
  if (shape.status === null) return { kind: 'invalid', reason: shape.message, waitMs: null };
  return { kind: statusKind(shape.status), reason: reasonOf(shape), waitMs: null };
}

/** The error that leaves this folder; `what` says what was asked. */
export function githubError(error: unknown, what: string): GithubError {
  if (error instanceof GithubError) return error;
  const { kind, reason } = failureOf(error);
  return new GithubError(outwardKind(kind), `${what}: ${reason}`, { cause: error });
}

/** null for a failure of one of the kinds: for reads whose absence is an answer. */
export async function nullWhen<T>(kinds: readonly FailureKind[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (kinds.includes(failureOf(error).kind)) return null;
    throw error;
  }
}

function outwardKind(kind: FailureKind): GithubError['kind'] {
  if (kind === 'limited') return 'unreachable';
  return kind === 'conflict' ? 'refused' : kind;
}

interface GraphqlProblem {
  readonly type: string;
  readonly message: string;
}

interface Shape {
  readonly status: number | null;
  readonly message: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly graphql: readonly GraphqlProblem[];
  readonly details: readonly string[];
}

function shapeOf(error: unknown): Shape {
  const top = record(error);
  const response = record(top.response);
  const data = record(response.data);
  // Octokit's GraphQL error holds the body itself in `response`, the throttling plugin's a whole response.
  const graphql =
    problems(top.errors) ?? (typeof data.message === 'string' ? null : problems(data.errors)) ?? [];
  return {
    status: typeof top.status === 'number' ? top.status : null,
    message: text(data.message) ?? text(top.message) ?? String(error),
    headers: record(response.headers ?? top.headers),
    graphql,
    details: detailsOf(data.errors),
  };
}

function limitOf({ status, message, headers, graphql }: Shape): Failure | null {
  const byGraphql = graphql.find(({ type }) => type === 'RATE_LIMITED');
  const byWords = /rate limit|abuse detection/i.test(message) || headers['retry-after'] !== undefined;
  const spent = String(headers['x-ratelimit-remaining']) === '0' && !/not accessible/i.test(message);
  const byStatus = status === 429 || (status === 403 && (byWords || spent));
  if (byGraphql === undefined && !byStatus) return null;
  return { kind: 'limited', reason: byGraphql?.message ?? message, waitMs: waitOf(headers) };
}

function waitOf(headers: Shape['headers']): number | null {
  const after = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(after)) return after * 1000;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1000;
  // Both moments are GitHub's, so that the clock of this machine does not matter.
  const now = Date.parse(String(headers.date));
  return Number.isFinite(reset - now) ? Math.max(0, reset - now) + 1000 : null;
}

function graphqlKind({ type, message }: GraphqlProblem): FailureKind {
  if (type === 'STALE_DATA' || /expected branch to point to/i.test(message)) return 'conflict';
  if (type === 'FORBIDDEN' || /not accessible by/i.test(message)) return 'forbidden';
  if (type === 'NOT_FOUND') return 'not-found';
  if (
    /^(INTERNAL|SERVICE_UNAVAILABLE|TIMEOUT)/.test(type) ||
    /something went wrong|timed? ?out/i.test(message)
  ) {
    return 'unreachable';
  }
  return 'refused';
}

function statusKind(status: number): FailureKind {
  if (status >= 500) return 'unreachable';
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  return status === 409 || status === 422 ? 'refused' : 'invalid';
}

function reasonOf({ status, message, details }: Shape): string {
  if (status === 401) return `GitHub does not accept the token, which is wrong or has expired: ${message}`;
  return details.length === 0 ? message : `${message} (${details.join('; ')})`;
}

function detailsOf(errors: unknown): readonly string[] {
  if (!Array.isArray(errors)) return [];
  return errors.map((entry) => text(entry) ?? text(record(entry).message) ?? JSON.stringify(entry));
}

function problems(errors: unknown): readonly GraphqlProblem[] | null {
  if (!Array.isArray(errors)) return null;
  return errors.map((entry) => ({
    type: text(record(entry).type) ?? '',
    message: text(record(entry).message) ?? JSON.stringify(entry),
  }));
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
