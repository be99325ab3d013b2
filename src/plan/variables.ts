import type { Backup, BackupSource, Plan, Source } from './plan.js';

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Where `${NAME}` is read, for messages and documents. */
export const VARIABLE_FIELDS = [
  'notify targets',
  'verify env values',
  'in-service.url',
  'ready.url',
  'canary.ready.url',
  'URLs and headers and bodies and CA files of metrics',
  'places and URLs of a backup',
] as const;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Replaces each `${NAME}` by the variable's value, once: a value that contains `${OTHER}` stays as it is. An empty
 * variable counts as missing, since that is what a secret that is not set looks like.
 */
export function expand(
  text: string,
  env: Environment,
): { readonly text: string } | { readonly missing: readonly string[] } {
  const missing = namesIn(text).filter((name) => valueIn(env, name) === '');
  if (missing.length > 0) return { missing };
  return { text: replaceVariables(text, (name) => valueIn(env, name)) };
}

/** The names that a plan reads by `${NAME}`, sorted, each once. */
export function variablesOf(plan: Plan): string[] {
  return [...new Set(expandable(plan).flatMap(namesIn))].sort();
}

/** Those that going back reads: the version in service, and a backup whose data has begun to go back. */
export function variablesBack(plan: Plan, { isRestoring }: { readonly isRestoring: boolean }): string[] {
  const texts = [
    plan.inService?.kind === 'url' ? plan.inService.url : '',
    ...(isRestoring && plan.backup?.kind === 'sources' ? placesIn(plan.backup) : []),
  ];
  return [...new Set(texts.flatMap(namesIn))].sort();
}

/** The names in one text, each once. */
export function namesIn(text: string): string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map((match) => match[1] ?? ''))];
}

export function replaceVariables(text: string, value: (name: string, offset: number) => string): string {
  return text.replace(VARIABLE, (_, name: string, offset: number) => value(name, offset));
}

function expandable(plan: Plan): string[] {
  return [
    ...plan.notify.flatMap((target) =>
      target.kind === 'pagerduty' ? [target.key, target.url] : [target.url],
    ),
    ...plan.verify.flatMap(({ env }) => Object.values(env)),
    plan.inService?.kind === 'url' ? plan.inService.url : '',
    plan.ready?.url ?? '',
    plan.canary?.ready?.url ?? '',
    ...plan.metrics.flatMap(({ source }) => expandableOf(source)),
    ...(plan.backup?.kind === 'sources' ? placesIn(plan.backup) : []),
  ];
}

function expandableOf(source: Source): string[] {
  switch (source.kind) {
    case 'probe':
      return [source.canary, source.baseline].flatMap((target) =>
        target === null ? [] : [target.url, ...Object.values(target.headers)],
      );
    case 'prometheus':
      return [source.url, ...Object.values(source.headers), source.caFile ?? ''];
    case 'http-json':
      return [source.url, ...Object.values(source.headers), source.body ?? '', source.caFile ?? ''];
    case 'run':
      return [];
  }
}

function placesIn({ store, sources }: Extract<Backup, { kind: 'sources' }>): readonly string[] {
  const place = store === null ? '' : store.kind === 'restic' ? store.repository : store.directory;
  return [place, ...sources.flatMap(urlsIn)];
}

function urlsIn(source: BackupSource): readonly string[] {
  if (source.kind === 'sqlite') return [source.path];
  return source.kind === 'postgres' || source.kind === 'mysql' ? [source.url, source.scratch ?? ''] : [];
}

/** Own properties only: `${constructor}` names no variable. */
function valueIn(env: Environment, name: string): string {
  return Object.hasOwn(env, name) ? (env[name] ?? '') : '';
}
