import * as z from 'zod';
import type { BackupSource, Script } from '../plan.js';
import { type Reading, refuse } from '../reading.js';
import { DEFAULTS } from './defaults.js';
import { globs, positive, reads, script, scriptText } from './fields.js';

export const SOURCE =
  'a source, e.g. `{postgres: "${DATABASE_URL}"}`, `{sqlite: data/shop.db}`, `{files: ["config/**"]}` or `{run: {produce: …, consume: …, fingerprint: …}, timeout: 15m}`';

/** Keys that every kind of source has beside its own. */
const anySource = { usable: script(DEFAULTS.timeout.script).optional() };

const files = z.strictObject(
  { files: globs.min(1, { error: 'a list of at least one pattern, e.g. `["config/**"]`' }), ...anySource },
  { error: SOURCE },
);

const produced = z.strictObject(
  {
    run: z.strictObject(
      { produce: scriptText, consume: scriptText, fingerprint: scriptText },
      { error: 'three scripts, e.g. `{produce: …, consume: …, fingerprint: …}`' },
    ),
    timeout: positive.optional(),
    ...anySource,
  },
  { error: SOURCE },
);

const snapshot = z.strictObject(
  {
    snapshot: z.strictObject(
      { take: scriptText, prove: scriptText, restore: scriptText },
      { error: 'three scripts, e.g. `{take: …, prove: …, restore: …}`' },
    ),
    timeout: positive.optional(),
  },
  { error: SOURCE },
);

const postgresUrl = reads(z.string({ error: 'a URL, e.g. `${DATABASE_URL}`' }), (text) =>
  databaseUrl(text, { schemes: ['postgres', 'postgresql'] }),
);

const names = z.array(
  z.string({ error: 'a name, e.g. `public`' }).min(1, { error: 'a name, e.g. `public`' }),
  {
    error: 'a list of names, e.g. `[public]`',
  },
);

const postgres = z.strictObject(
  {
    postgres: postgresUrl,
    scratch: postgresUrl.optional(),
    schemas: names.optional(),
    tables: names.optional(),
    timeout: positive.optional(),
    ...anySource,
  },
  { error: SOURCE },
);

const mysqlUrl = reads(z.string({ error: 'a URL, e.g. `${DATABASE_URL}`' }), (text) =>
  databaseUrl(text, { schemes: ['mysql', 'mariadb'] }),
);

const mysql = z.strictObject(
  { mysql: mysqlUrl, scratch: mysqlUrl.optional(), timeout: positive.optional(), ...anySource },
  { error: SOURCE },
);

const sqlite = z.strictObject(
  {
    sqlite: reads(z.string({ error: 'the path of a database, e.g. `data/shop.db`' }), parsePath),
    timeout: positive.optional(),
    ...anySource,
  },
  { error: SOURCE },
);

export const source = z.union([files, produced, postgres, mysql, sqlite, snapshot], { error: SOURCE });

export function sourceOf(name: string, fields: z.output<typeof source>): BackupSource {
  if ('files' in fields) return { kind: 'files', ...common(name, fields), files: fields.files };
  const timeoutMs = fields.timeout ?? null;
  if ('snapshot' in fields)
    return {
      kind: 'snapshot',
      name,
      usable: null,
      ...fields.snapshot,
      timeoutMs: timeoutMs ?? DEFAULTS.timeout.data,
    };
  const any = common(name, fields);
  if ('run' in fields)
    return { kind: 'run', ...any, ...fields.run, timeoutMs: timeoutMs ?? DEFAULTS.timeout.script };
  const timed = { ...any, timeoutMs: timeoutMs ?? DEFAULTS.timeout.data };
  if ('sqlite' in fields) return { kind: 'sqlite', ...timed, path: fields.sqlite };
  const scratch = fields.scratch ?? null;
  if ('mysql' in fields) return { kind: 'mysql', ...timed, url: fields.mysql, scratch };
  const { schemas = [], tables = [] } = fields;
  return { kind: 'postgres', ...timed, url: fields.postgres, scratch, schemas, tables };
}

function common(name: string, { usable }: { readonly usable?: Script | undefined }) {
  return { name, usable: usable ?? null };
}

/** The plan is in the repository: a password in it would be read by everybody who reads that. */
function databaseUrl(text: string, { schemes }: { readonly schemes: readonly string[] }): Reading<string> {
  const url = text.trim();
  const example = 'Write for example `${DATABASE_URL}`, and give the step this variable from a secret.';
  if (url === '') return refuse('The URL must not be empty', example);
  if (/^\w+:\/\/[^/?#@]*:(?![^@]*\$\{)[^/?#@]+@/.test(url))
    return { ...refuse('A password is not written in the plan', example), found: 'one' };
  const scheme = /^(\w+):\/\//.exec(url)?.[1];
  if (url.startsWith('${') || (scheme !== undefined && schemes.includes(scheme))) return { value: url };
  return refuse(`The URL begins with ${schemes.map((one) => `\`${one}://\``).join(' or ')}`, example);
}

/** A relative one starts at the workspace; it may name variables. */
function parsePath(text: string): Reading<string> {
  if (text.trim() !== '') return { value: text.trim() };
  return refuse('The path must not be empty', 'Write for example `data/shop.db`.');
}
