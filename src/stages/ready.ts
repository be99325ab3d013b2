import type { Readiness } from '../plan/plan.js';
import { expand } from '../plan/variables.js';
import { ReleaseProblem } from '../release/problem.js';
import type { ReleaseContext } from './context.js';
import { stopIfAsked } from './stop.js';

const ASK_EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 5_000;

/** Asks until the URL answers 200-399. Throws `not-ready` when it does not within the time. */
export async function waitReady(
  context: ReleaseContext,
  options: { readonly what: string; readonly ready: Readiness; readonly signal?: AbortSignal },
): Promise<void> {
  const { clock, log } = context.ports;
  const signal = options.signal ?? context.signal;
  const deadline = clock.now() + options.ready.withinMs;
  for (;;) {
    const answer = await askReady(context, options.ready, signal);
    if (answer === null) return;
    stopIfAsked(signal);
    if (clock.now() >= deadline) {
      throw new ReleaseProblem(
        'not-ready',
        `${options.what} was not ready within ${options.ready.withinMs / 1000} s: ${options.ready.url} ${answer}`,
      );
    }
    log.info(`${options.what} is not ready yet: ${answer}`);
    await clock.sleep(Math.min(ASK_EVERY_MS, Math.max(1, deadline - clock.now())), signal);
  }
}

/** Asks once; null when ready, otherwise what the URL did. */
export async function askReady(
  context: ReleaseContext,
  ready: Readiness,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const { status } = await context.ports.http.request({
      url: expanded(ready.url, context.env),
      timeoutMs: Math.min(ANSWER_WITHIN_MS, Math.max(1, ready.withinMs)),
      signal,
    });
    return status >= 200 && status < 400 ? null : `answered ${status}`;
  } catch (error) {
    if (error instanceof ReleaseProblem) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

export function expanded(text: string, env: ReleaseContext['env']): string {
  const result = expand(text, env);
  if ('missing' in result) {
    throw new ReleaseProblem(
      'variable-missing',
      `${text} names ${result.missing.join(', ')}, which is not set`,
    );
  }
  return result.text;
}
