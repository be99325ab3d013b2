import {
  Agent as HttpAgent,
  request as httpRequest,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ProbeTarget } from '../plan/plan.js';

/** Where one arm is reached, with connections that are kept between requests, as users' ones are. */
export interface Target {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly send: typeof httpRequest;
  readonly agent: HttpAgent | HttpsAgent;
}

/**
 * Expands and checks a target. A problem never shows the expanded text, which may hold a secret. `expand` throws
 * an `Error` when a variable is missing.
 */
export function prepareTarget(
  arm: 'canary' | 'baseline',
  target: ProbeTarget,
  expand: (text: string) => string,
): Target | { readonly problem: string } {
  try {
    const text = expand(target.url);
    const headers = Object.fromEntries(
      Object.entries(target.headers).map(([name, value]) => [name, expand(value)]),
    );
    if (!URL.canParse(text))
      return { problem: `the ${arm} URL "${target.url}" is not a URL once its variables are in` };
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return connectTo(arm, new URL(text), { 'user-agent': 'gated-release', ...headers });
  } catch (error) {
    return {
      problem: `the ${arm} cannot be asked: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function connectTo(
  arm: string,
  url: URL,
  headers: Record<string, string>,
): Target | { readonly problem: string } {
  switch (url.protocol) {
    case 'http:':
      return { url, headers, send: httpRequest, agent: new HttpAgent({ keepAlive: true }) };
    case 'https:':
      return { url, headers, send: httpsRequest, agent: new HttpsAgent({ keepAlive: true }) };
    default:
      return {
        problem: `the ${arm} URL begins with ${url.protocol}, and only http: and https: can be asked`,
      };
  }
}
