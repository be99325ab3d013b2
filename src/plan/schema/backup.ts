import * as z from 'zod';
import { type Backup, type BackupPlace, PROOFS } from '../plan.js';
import { type Reading, refuse } from '../reading.js';
import { DEFAULTS } from './defaults.js';
import { flag, globs, named, positive, reads, script } from './fields.js';
import { source, sourceOf } from './sources.js';

const BACKUP = 'a mapping with `store` and `sources`, or a bash script, e.g. `./backup.sh`';
const KEEP = 'a whole number of backups from 1 on, e.g. `7`';

const directory = reads(z.string({ error: 'a directory, e.g. `/var/backups/shop`' }), parseDirectory);

const STORE = 'a store, e.g. `{restic: "${RESTIC_REPOSITORY}"}` or `{directory: "${BACKUP_DIRECTORY}"}`';

const inDirectory = z
  .strictObject({ directory, 'same-machine': flag.optional() }, { error: STORE })
  .transform((keys): BackupPlace => {
    return { kind: 'directory', directory: keys.directory, sameMachine: keys['same-machine'] ?? false };
  });

const inRestic = z
  .strictObject(
    {
      restic: reads(
        z.string({ error: 'a repository of restic, e.g. `s3:https://s3.example/backups`' }),
        parseRepository,
      ),
      'same-machine': flag.optional(),
      timeout: positive.optional(),
    },
    { error: STORE },
  )
  .transform((keys): BackupPlace => {
    return {
      kind: 'restic',
      repository: keys.restic,
      sameMachine: keys['same-machine'] ?? false,
      timeoutMs: keys.timeout ?? DEFAULTS.storeMs,
    };
  });

const fromSources = z
  .strictObject(
    {
      when: globs.optional(),
      store: z.union([inRestic, inDirectory], { error: STORE }).optional(),
      sources: named(source, 'a mapping from names to sources, e.g. `{settings: {files: ["config/**"]}}`'),
      prove: z
        .literal(PROOFS, {
          error: '`taken`, `stored`, `restorable`, `identical` or `usable`, e.g. `identical`',
        })
        .optional(),
      keep: z.int({ error: KEEP }).min(1, { error: KEEP }).optional(),
      'show-parts': flag.optional(),
    },
    { error: BACKUP },
  )
  .transform((keys): Backup => {
    return {
      kind: 'sources',
      when: keys.when ?? [],
      store: keys.store ?? null,
      sources: Object.entries(keys.sources).map(([name, fields]) => sourceOf(name, fields)),
      prove: keys.prove ?? 'identical',
      keep: keys.keep ?? null,
      showParts: keys['show-parts'] ?? null,
    };
  });

const fromScript = script(DEFAULTS.timeout.script).transform(
  (value): Backup => ({ kind: 'script', ...value }),
);

/** What is saved before anything moves; text is a script that does all of it. */
export const backup = z.union([fromScript, fromSources], { error: BACKUP });

/** A relative one starts at the workspace; it may name variables. */
function parseDirectory(text: string): Reading<string> {
  if (text.trim() !== '') return { value: text.trim() };
  return refuse(
    'The directory must not be empty',
    'Write for example `/var/backups/shop` or `${BACKUP_DIRECTORY}`.',
  );
}

/** It may name variables. The password is restic's own affair: `RESTIC_PASSWORD` and the like, by the environment. */
function parseRepository(text: string): Reading<string> {
  const trimmed = text.trim();
  if (trimmed === '') {
    return refuse(
      'The repository must not be empty',
      'Write for example `s3:https://s3.example/backups` or `${RESTIC_REPOSITORY}`.',
    );
  }
  if (!/^[a-z0-9]+:.*:\/\/[^/@]*:[^/@]*@/i.test(trimmed.replaceAll(/\$\{[^}]*\}/g, '')))
    return { value: trimmed };
  return refuse(
    'A password has no place in a plan',
    'Give the step the whole address by a variable, and write `${RESTIC_REPOSITORY}`.',
  );
}
