import * as z from 'zod';
import type { Readiness, VersionSource } from '../plan.js';
import { DEFAULTS } from './defaults.js';
import { positive, scriptText, text, url } from './fields.js';

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

const within = positive.optional();

const byScript = z
  .union([scriptText, z.strictObject({ run: scriptText, timeout: positive.optional(), within })], {
    error: VERSION,
  })
  .transform((value): VersionSource => {
    const { run, ...given } = typeof value === 'string' ? { run: value } : value;
    const timeoutMs = given.timeout ?? DEFAULTS.timeout.read;
    return { kind: 'run', run, timeoutMs, withinMs: given.within ?? DEFAULTS.versionWithinMs };
  });

const byUrl = z
  .strictObject(
    { url, path: text('a path into the answer, e.g. `version`').optional(), within },
    { error: VERSION },
  )
  .transform(({ url, path, within }): VersionSource => {
    return { kind: 'url', url, path: path ?? null, withinMs: within ?? DEFAULTS.versionWithinMs };
  });

/** The version that serves now. */
export const versionSource = z.union([byScript, byUrl], { error: VERSION });
