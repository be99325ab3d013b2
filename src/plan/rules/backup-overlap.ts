import picomatch from 'picomatch';
import type { Finding } from '../finding.js';
import type { BackupSource, Plan } from '../plan.js';

/** As the source of files matches: a hidden file belongs to its directory, and a name may hold a line's end. */
const OPTIONS = { dot: true, nonegate: true, flags: 's' } as const;

/** Stands for whatever a wildcard takes: no plan has it, so only another wildcard matches it. */
const ANY = '\ue000';

/**
 * No two sources hold the same data: each would be swapped by itself, and the second swap would carry away what the
 * first one put back. Only what is certain by the words of the plan; the rest shows when the sources are looked at.
 */
export function sourcesAreApart({ backup }: Plan): Finding[] {
  if (backup?.kind !== 'sources') return [];
  return backup.sources.flatMap((source, at) => {
    const other = backup.sources.slice(0, at).find((one) => sharedBy(one, source) !== null);
    if (other === undefined) return [];
    return [
      {
        path: ['backup', 'sources', source.name],
        rule: `No data belongs to two sources, of which one restored would carry the other away; \`${other.name}\` and \`${source.name}\` share ${sharedBy(other, source)}`,
        remedy: 'Keep them apart, or remove one of the two.',
      },
    ];
  });
}

function sharedBy(one: BackupSource, other: BackupSource): string | null {
  const [first, second] = [databaseOf(one), databaseOf(other)];
  if (first !== null || second !== null) return first === second ? 'one database' : null;
  return (
    patternsOf(other).find((inner) => patternsOf(one).some((outer) => covers(outer, inner))) ??
    patternsOf(one).find((inner) => patternsOf(other).some((outer) => covers(outer, inner))) ??
    null
  );
}

/** Of a part of a database (`schemas`, `tables`) nothing is put in the place of the whole. */
function databaseOf(source: BackupSource): string | null {
  if (source.kind === 'mysql') return `mysql ${source.url.trim()}`;
  if (source.kind !== 'postgres' || source.schemas.length > 0 || source.tables.length > 0) return null;
  return `postgres ${source.url.trim()}`;
}

function patternsOf(source: BackupSource): readonly string[] {
  if (source.kind === 'files') return source.files.map(normalised);
  return source.kind === 'sqlite' ? [normalised(source.path)] : [];
}

function normalised(text: string): string {
  const parts = text.split('/').filter((part, at) => part !== '.' && (part !== '' || at === 0));
  return parts.join('/') || '**';
}

/** Whether all that `inner` can match is `outer`'s, which covers what lies below its matches, too. */
function covers(outer: string, inner: string): boolean {
  const matches = picomatch([outer, `${outer}/**`], OPTIONS);
  const { base, isGlob } = picomatch.scan(inner);
  if (outer === inner || (isGlob && base !== '' && matches(base))) return true;
  const samples = isGlob ? samplesOf(inner) : [inner];
  return samples.length > 0 && samples.every((sample) => matches(sample));
}

/** Paths that stand for all that a pattern can match; none for one whose brackets say more than a few paths can. */
function samplesOf(glob: string): readonly string[] {
  if (/[[\](){}!+@\\]/.test(glob)) return [];
  return ['', `${ANY}/`, `${ANY}/${ANY}/`].map((between) =>
    glob.replaceAll('**/', between).replaceAll(/\*+|\?/g, ANY),
  );
}
