import type { BackupResult, SourceEvidence } from '../backup/contract.js';
import { fenced } from './script.js';

/** Tables or files that are named one by one; of the rest only how many there are. */
const MOST_PARTS = 20;

/** What a backup is worth, as Markdown lines. */
export function evidenceOf(result: BackupResult, named: (command: string) => string): readonly string[] {
  const { sources, showsParts, notes } = result;
  return [
    ...notes.map((note) => `- ${note}`),
    ...sources.flatMap((source) => [
      headline(source),
      ...(showsParts ? partLines(source) : []),
      ...(source.restore === null
        ? []
        : ['', 'Restore it by hand with:', '', ...fenced(named(source.restore).split('\n'))]),
    ]),
  ];
}

function headline(source: SourceEvidence): string {
  const { name, kind, proved, bytes, items, parts, digest, id, takenAt, problem } = source;
  const facts = [
    proved ? `proved ${proved}` : 'not taken',
    `${bytes} bytes${items === null ? '' : ` in ${counted(items, 'file')}`}`,
    ...(parts.length > 0 && items === null ? [counted(parts.length, 'part')] : []),
    ...(digest === null ? [] : [`SHA-256 \`${digest.slice(0, 16)}\``]),
    ...(id === null ? [] : [`id \`${id}\``]),
    ...(takenAt === null ? [] : [`taken at ${takenAt}`]),
  ];
  return `- \`${name}\` (${kind}): ${facts.join(', ')}${problem ? `: ${problem}` : ''}`;
}

/** The largest first: these are what a person looks for. */
function partLines({ parts }: SourceEvidence): readonly string[] {
  const shown = [...parts].filter(({ digest }) => digest !== '').sort((a, b) => b.bytes - a.bytes);
  const lines = shown.slice(0, MOST_PARTS).map(({ name, kind, rows, bytes, digest }) => {
    const size = `${rows === null ? '' : `${counted(rows, 'row')}, `}${bytes} bytes`;
    return `- \`${name}\` (${kind}): ${size}, SHA-256 \`${digest.slice(0, 16)}\``;
  });
  const rest = shown.length - lines.length;
  return rest > 0 ? [...lines, `- and ${rest} more, all compared`] : lines;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
