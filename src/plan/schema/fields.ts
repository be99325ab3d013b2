import * as z from 'zod';
import { DURATION_PATTERN, parseDuration } from '../duration.js';
import { parseGlob } from '../globs.js';
import { NAME_PATTERN, parseName } from '../names.js';
import type { Script } from '../plan.js';
import { type Reading, type Refusal, refuse } from '../reading.js';
import { parseUrl } from '../urls.js';
import { namesIn, VARIABLE_FIELDS } from '../variables.js';

/**
 * Building blocks of the schema. Each says in `error` what the value must be, as `<what>, e.g. <example>`:
 * `translate.ts` makes the rule and the remedy from it, so that no text of the library reaches a person.
 */

/** Passes the value through `read`; a refusal becomes an issue that carries rule and remedy. */
export function reads<S extends z.ZodType, T>(schema: S, read: (value: z.output<S>) => Reading<T>) {
  return schema.transform((value, context): T => {
    const reading = read(value);
    if ('value' in reading) return reading.value;
    context.addIssue({ code: 'custom', message: reading.rule, params: { ...reading } });
    return z.NEVER;
  });
}

/** Text in which `${NAME}` has no meaning, and is refused rather than taken literally. */
export function plain<T>(what: string, read: (text: string) => Reading<T>, pattern?: string) {
  const text = z.string({ error: what });
  return reads(
    pattern === undefined ? text : text.meta({ pattern }),
    (value) => refuseVariables(value) ?? read(value),
  );
}

/** Non-empty text, trimmed. */
export const text = (what: string) => plain(what, (value) => filled(value, what));

const durationText = plain('a duration, e.g. `10m`', parseDuration, DURATION_PATTERN);
const durationNumber = reads(z.number().meta({ const: 0 }), parseDuration);

export const duration = z.union([durationText, durationNumber], { error: 'a duration, e.g. `10m`' });

/** A duration above zero: a script with no time could only fail. */
export const positive = reads(duration, (ms) =>
  ms > 0 ? { value: ms } : refuse('This time must be longer than zero', 'Write for example `10m`.'),
);

export const flag = z.boolean({ error: 'true or false, e.g. `true`' });

/** A mapping from names that the user chooses. Names are checked with the values, so that all is told at once. */
export function named<S extends z.ZodType>(value: S, what: string) {
  return z.record(reads(z.string().meta({ pattern: NAME_PATTERN }), parseKey), value, { error: what });
}

/** What every object of JavaScript has would be found where nothing of that name was given. */
function parseKey(name: string): Reading<string> {
  if (!(name in Object.prototype)) return parseName(name);
  return refuse(
    'This name is taken: everything that is looked up by names has it',
    `Write for example \`my-${name.toLowerCase()}\`.`,
  );
}

export const globs = z.array(plain('a pattern, e.g. `shop/**`', parseGlob), {
  error: 'a list of patterns, e.g. `["shop/**"]`',
});

/** A URL that may name variables. */
export const url = reads(z.string({ error: 'a URL, e.g. `https://shop.example/health`' }), parseUrl);

export const scriptText = reads(z.string({ error: 'a bash script, e.g. `./deploy.sh`' }), (value) => {
  if (value.includes('\0')) return refuse('A script contains no NUL character', 'Remove it.');
  return filled(value, 'a bash script, e.g. `./deploy.sh`');
});

/** A script: bash text, or `{run, timeout}`. */
export function script(timeoutMs: number) {
  const mapping = z.strictObject(
    { run: scriptText, timeout: positive.optional() },
    { error: 'a bash script or a mapping, e.g. `{run: ./deploy.sh, timeout: 10m}`' },
  );
  return z
    .union([scriptText, mapping], {
      error: 'a bash script or a mapping, e.g. `{run: ./deploy.sh, timeout: 10m}`',
    })
    .transform((value): Script => {
      if (typeof value === 'string') return { run: value, timeoutMs };
      return { run: value.run, timeoutMs: value.timeout ?? timeoutMs };
    });
}

/** The refusal of `${NAME}` where it is not read; null when there is none. */
export function refuseVariables(value: string | number): Refusal | null {
  const [found] = namesIn(String(value));
  if (found === undefined) return null;
  return refuse(
    `\`\${${found}}\` is not read here`,
    `Write the value itself. Variables are read in ${VARIABLE_FIELDS.join(', ')}, and by scripts.`,
  );
}

function filled(value: string, what: string): Reading<string> {
  const trimmed = value.trim();
  if (trimmed !== '') return { value: trimmed };
  const [, example] = what.split(', e.g. ');
  return refuse(
    'This must not be empty',
    example === undefined ? 'Give it a value.' : `Write for example ${example}.`,
  );
}
