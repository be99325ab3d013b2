import * as z from 'zod';
import type { Rollback } from '../plan.js';
import { type Reading, refuse } from '../reading.js';
import { DEFAULTS } from './defaults.js';
import { globs, plain, positive, reads, script, scriptText } from './fields.js';

const ROLLBACK = 'a bash script or a mapping, e.g. `{run: ./rollback.sh, commit: push}`';

const rollbackKeys = z.strictObject(
  {
    run: scriptText.optional(),
    timeout: positive.optional(),
    commit: z
      .enum(['push', 'pull-request', 'none'], { error: '`push`, `pull-request` or `none`, e.g. `push`' })
      .default('push'),
    order: z
      .enum(['traffic-first', 'commit-first'], {
        error: '`traffic-first` or `commit-first`, e.g. `traffic-first`',
      })
      .default('traffic-first'),
    branch: plain('a branch, e.g. `main`', parseBranch).optional(),
    paths: globs.optional(),
    quiesce: z
      .strictObject(
        { on: script(DEFAULTS.timeout.script), off: script(DEFAULTS.timeout.script) },
        { error: 'two scripts, e.g. `{on: ./maintenance.sh on, off: ./maintenance.sh off}`' },
      )
      .optional(),
    'irreversible-when': globs.optional(),
  },
  { error: ROLLBACK },
);

/** What holds where the plan says nothing of it. */
export const NOTHING_SAID = {
  run: null,
  commit: 'push',
  order: 'traffic-first',
  branch: null,
  quiesce: null,
  irreversibleWhen: [],
} as const satisfies Omit<Rollback, 'paths'>;

/** `paths` is null where the plan's own apply. */
type RollbackKeys = Omit<Rollback, 'paths'> & { readonly paths: readonly string[] | null };

const mapping = reads(rollbackKeys, requireScript).transform(({ run, timeout, ...rest }): RollbackKeys => {
  const timeoutMs = timeout ?? DEFAULTS.timeout.script;
  return {
    run: run === undefined ? null : { run, timeoutMs },
    commit: rest.commit,
    order: rest.order,
    branch: rest.branch ?? null,
    paths: rest.paths ?? null,
    quiesce: rest.quiesce ?? null,
    irreversibleWhen: rest['irreversible-when'] ?? [],
  };
});

const short = scriptText.transform((run): RollbackKeys => {
  return { ...NOTHING_SAID, run: { run, timeoutMs: DEFAULTS.timeout.script }, paths: null };
});

/** The way back; text is its script alone. */
export const rollback = z.union([short, mapping], { error: ROLLBACK });

/** A timeout alone would be taken for that of the way back by `promote`, which has its own. */
function requireScript(keys: z.output<typeof rollbackKeys>): Reading<z.output<typeof rollbackKeys>> {
  if (keys.run !== undefined || keys.timeout === undefined) return { value: keys };
  return refuse(
    'A `timeout` belongs to a script, and `run` is not given',
    'Add `run`, or remove `timeout`. Without `run`, the script of `promote` goes back.',
  );
}

function parseBranch(text: string): Reading<string> {
  const forbidden = /^[-/.]|[/.]$|\.lock$|\.\.|\/\/|\/\.|@\{|[\s~^:?*[\\\x7f]/;
  if (text !== '' && !forbidden.test(text) && !text.startsWith('refs/')) return { value: text };
  return refuse('A branch is the name of a branch, without `refs/heads/`', 'Write for example `main`.');
}
