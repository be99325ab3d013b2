import * as z from 'zod';
import type { Backup, BackupSource } from '../plan.js';
import { type Reading, refuse } from '../reading.js';
import { DEFAULTS } from './defaults.js';
import { flag, globs, named, positive, reads, script, scriptText } from './fields.js';

const BACKUP = 'a mapping with `store` and `sources`, or a bash script, e.g. `./backup.sh`';
const SOURCE =
  'a source, e.g. `{files: ["config/**"]}` or `{run: {produce: …, consume: …, fingerprint: …}, timeout: 15m}`';

const files = z.strictObject(
  { files: globs.min(1, { error: 'a list of at least one pattern, e.g. `["config/**"]`' }) },
  { error: SOURCE },
);

const produced = z.strictObject(
  {
    run: z.strictObject(
      { produce: scriptText, consume: scriptText, fingerprint: scriptText },
      { error: 'three scripts, e.g. `{produce: …, consume: …, fingerprint: …}`' },
    ),
    timeout: positive.optional(),
  },
  { error: SOURCE },
);

const source = z.union([files, produced], { error: SOURCE });

const directory = reads(z.string({ error: 'a directory, e.g. `/var/backups/shop`' }), parseDirectory);

const fromSources = z
  .strictObject(
    {
      store: z.strictObject(
        { directory, 'same-machine': flag.optional() },
        { error: 'a store, e.g. `{directory: "${BACKUP_DIRECTORY}"}`' },
      ),
      sources: named(source, 'a mapping from names to sources, e.g. `{settings: {files: ["config/**"]}}`'),
    },
    { error: BACKUP },
  )
  .transform(({ store, sources }): Backup => {
    return {
      kind: 'sources',
      store: { directory: store.directory, sameMachine: store['same-machine'] ?? false },
      sources: Object.entries(sources).map(([name, fields]) => sourceOf(name, fields)),
    };
  });

const fromScript = script(DEFAULTS.timeout.script).transform(
  (value): Backup => ({ kind: 'script', ...value }),
);

/** What is saved before anything moves; text is a script that does all of it. */
export const backup = z.union([fromScript, fromSources], { error: BACKUP });

function sourceOf(name: string, fields: z.output<typeof source>): BackupSource {
  if ('files' in fields) return { kind: 'files', name, files: fields.files };
  return { kind: 'run', name, ...fields.run, timeoutMs: fields.timeout ?? DEFAULTS.timeout.script };
}

/** A relative one starts at the workspace; it may name variables. */
function parseDirectory(text: string): Reading<string> {
  if (text.trim() !== '') return { value: text.trim() };
  return refuse(
    'The directory must not be empty',
    'Write for example `/var/backups/shop` or `${BACKUP_DIRECTORY}`.',
  );
}
