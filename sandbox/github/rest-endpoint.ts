import { type Answer, notFound, Refusal } from './answer.js';
import { authorize } from './permissions.js';
import type { Violation } from './records.js';
import type { Match } from './router.js';
import type { Caller } from './tokens.js';
import { hasTextErrors, operations, validateRequest, validateResponse } from './validation.js';
import type { World } from './world.js';

export interface RestRequest {
  readonly world: World;
  readonly caller: Caller;
  /** Null when the sandbox has no such endpoint. */
  readonly match: Match | null;
  readonly url: URL;
  readonly body: unknown;
  readonly accept: string;
}

/** Takes what is not as GitHub describes it. */
export type Report = (direction: Violation['direction'], problems: readonly string[]) => void;

export async function answerRest(request: RestRequest, report: Report): Promise<Answer> {
  const { match } = request;
  if (match === null) {
    report('request', ['the sandbox has no such endpoint']);
    return refusalAnswer(notFound(), null);
  }
  const id = match.route.operation;
  const answer = await attempt(request, match, report).catch((error: unknown) => {
    if (error instanceof Refusal) return refusalAnswer(error, id);
    throw error;
  });
  if (answer.headers?.['content-type'] === undefined) {
    // As the client will see it: without members that are undefined.
    const seen = answer.body === undefined ? undefined : JSON.parse(JSON.stringify(answer.body));
    const problems = validateResponse(id, answer.status, seen);
    if (problems.length > 0) report('response', problems);
  }
  return answer;
}

async function attempt(request: RestRequest, match: Match, report: Report): Promise<Answer> {
  const { world, caller, url, body, accept } = request;
  const { route, path } = match;
  authorize(world, caller, match);
  const query = Object.fromEntries(url.searchParams);
  checkRequest(route.operation, { path, query, body }, report);
  return route.handle({ world, caller, path, query, body, accept, url });
}

function checkRequest(id: string, parts: Parameters<typeof validateRequest>[1], report: Report): void {
  const { problems, unknown } = validateRequest(id, parts);
  if (unknown.length > 0)
    report(
      'request',
      unknown.map((name) => `"${name}" is not a parameter of ${id}`),
    );
  if (problems.length > 0)
    report(
      'request',
      problems.map(({ at, message }) => `${at}: ${message}`),
    );
  // GitHub documents a limit for the text of a check run, and cuts what is longer.
  const refused = problems.find(({ at }) => !(id.startsWith('checks/') && at === '/output/text'));
  if (refused === undefined) return;
  const errors = problems.map(({ at, message }) => ({ code: 'invalid', field: at.slice(1), message }));
  throw new Refusal(422, `Invalid request.\n\n${refused.message}`, { errors });
}

export function refusalAnswer(refusal: Refusal, id: string | null): Answer {
  const docs = (id === null ? undefined : operations()[id]?.docs) ?? 'https://docs.github.com/rest';
  const asText = id !== null && hasTextErrors(id);
  const errors = refusal.errors?.map((detail) => (asText ? (detail.message ?? detail.code) : detail));
  return {
    status: refusal.status,
    headers: refusal.headers,
    body: {
      message: refusal.message,
      ...(errors === undefined ? {} : { errors }),
      documentation_url: docs,
      status: String(refusal.status),
    },
  };
}
