import { Refusal } from './answer.js';

export type Resource = 'core' | 'graphql';

export interface Quota {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Seconds since 1970. */
  readonly reset: number;
}

interface Window {
  used: number;
  /** Milliseconds since 1970. */
  ends: number;
}

const HOUR = 3_600_000;

/** Primary limits, counted for each token and resource over a window of one hour. */
export class RateLimits {
  /** Per window; may be set at any time. */
  readonly limits: Record<Resource, number> = { core: 1000, graphql: 1000 };
  readonly #windows = new Map<string, Window>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  quota(token: string, resource: Resource): Quota {
    const limit = this.limits[resource];
    const { used, ends } = this.#window(token, resource);
    return {
      limit,
      used: Math.min(used, limit),
      remaining: Math.max(0, limit - used),
      reset: Math.ceil(ends / 1000),
    };
  }

  /** Counts one call; throws when the window is used up. */
  take(token: string, resource: Resource, cost = 1): void {
    const window = this.#window(token, resource);
    if (window.used + cost > this.limits[resource]) {
      window.used = Math.max(window.used, this.limits[resource]);
      throw exceeded();
    }
    window.used += cost;
  }

  /** As if the window were used up. */
  exhaust(token: string, resource: Resource): void {
    this.#window(token, resource).used = this.limits[resource];
  }

  #window(token: string, resource: Resource): Window {
    const key = `${resource} ${token}`;
    const found = this.#windows.get(key);
    if (found !== undefined && found.ends > this.#now()) return found;
    const fresh = { used: 0, ends: this.#now() + HOUR };
    this.#windows.set(key, fresh);
    return fresh;
  }
}

export function exceeded(): Refusal {
  return new Refusal(403, 'API rate limit exceeded for installation.', { type: 'RATE_LIMITED' });
}

export function quotaHeaders(quota: Quota, resource: Resource): Record<string, string> {
  return {
    'x-ratelimit-limit': String(quota.limit),
    'x-ratelimit-remaining': String(quota.remaining),
    'x-ratelimit-reset': String(quota.reset),
    'x-ratelimit-used': String(quota.used),
    'x-ratelimit-resource': resource,
  };
}
