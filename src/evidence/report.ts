import { isTree, valueAt } from '../plan/path.js';
import type { EvidenceSource } from '../plan/plan.js';
import { reportPath } from '../plan/report-path.js';
import { EvidenceProblem, type ValueFacts } from './contract.js';
import { readJson } from './json.js';
import type { Format, ReportFile, Words } from './provider.js';

type ReportSource = Extract<EvidenceSource, { kind: 'report' }>;

const MIB = 1024 * 1024;

/** A JSON file of measurements, as load generators and benchmarks write it. */
export function reportFormat({ limits }: ReportSource): Format {
  const paths = [...new Set(limits.map(({ path }) => path))];
  return {
    name: 'JSON report',
    mostBytes: 16 * MIB,
    read: (files, context) => read(files, { paths, words: context.words }),
  };
}

async function read(
  files: readonly ReportFile[],
  { paths, words }: { readonly paths: readonly string[]; readonly words: Words },
): Promise<ValueFacts> {
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) {
    const names = files.map(({ path }) => `"${path}"`).join(', ');
    throw new EvidenceProblem(
      'evidence-invalid',
      `a report is one file, and ${files.length} match: ${names}; make the pattern name one of them`,
    );
  }
  const root = await readJson(file);
  const values = paths.map((path) => [path, numberAt(root, { path, file: file.path, words })] as const);
  return { kind: 'report', files: [file.path], values: Object.fromEntries(values) };
}

function numberAt(
  root: unknown,
  at: { readonly path: string; readonly file: string; readonly words: Words },
): number {
  const parts = reportPath(at.path);
  const value = lookUp(root, parts);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const where = `"${at.file}" at \`${at.path}\``;
  if (value === undefined) {
    const there = nearestKeys(root, parts);
    throw new EvidenceProblem('evidence-invalid', `${where} holds nothing, and a number is needed${there}`);
  }
  throw new EvidenceProblem(
    'evidence-invalid',
    `${where} holds ${describe(value, at.words)}, and a number is needed`,
  );
}

/** An index may be written as a key (`results.0.mean`), which only the report itself can tell apart. */
function lookUp(root: unknown, parts: readonly (string | number)[]): unknown {
  return parts.reduce<unknown>((value, part) => {
    const isIndex = Array.isArray(value) && /^\d+$/.test(String(part));
    return valueAt(value, [isIndex ? Number(part) : String(part)]);
  }, root);
}

const MOST_KEYS = 8;

/** What there is at the last place that the path does reach: most often the key is only misspelt. */
function nearestKeys(root: unknown, parts: readonly (string | number)[]): string {
  for (let length = parts.length - 1; length >= 0; length--) {
    const value = lookUp(root, parts.slice(0, length));
    if (!isTree(value)) continue;
    const keys = Object.keys(value);
    const more = keys.length > MOST_KEYS ? ', …' : '';
    return `; there are the keys ${keys.slice(0, MOST_KEYS).join(', ')}${more}`;
  }
  return '';
}

function describe(value: unknown, words: Words): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return 'a number too large to be one';
  if (typeof value === 'string') return `the text ${JSON.stringify(words.name(value))}`;
  return typeof value === 'boolean' ? String(value) : 'a mapping';
}
