import * as z from 'zod';
import type { Readiness, VersionSource } from '../plan.js';
import { DEFAULTS } from './defaults.js';
import { positive, script, text, url } from './fields.js';

const READY = 'a URL or a mapping, e.g. `{url: "https://shop.example/health", within: 2m}`';
const VERSION =
  'a bash script, `{run, timeout}` or `{url, path}`, e.g. `{url: "https://shop.example/version"}`';

/** Where readiness is asked; text is the URL alone. */
export const readiness = z
  .union([url, z.strictObject({ url, within: positive.optional() }, { error: READY })], { error: READY })
  .transform((value): Readiness => {
    if (typeof value === 'string') return { url: value, withinMs: DEFAULTS.readyWithinMs };
    return { url: value.url, withinMs: value.within ?? DEFAULTS.readyWithinMs };
  });

const byScript = script(DEFAULTS.timeout.read).transform(
  (value): VersionSource => ({ kind: 'run', ...value }),
);

const byUrl = z
  .strictObject({ url, path: text('a path into the answer, e.g. `version`').optional() }, { error: VERSION })
  .transform(({ url, path }): VersionSource => ({ kind: 'url', url, path: path ?? null }));

/** The version that serves now. */
export const versionSource = z.union([byScript, byUrl], { error: VERSION });
