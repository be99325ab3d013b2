import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { INPUTS, OUTPUTS } from '../src/inputs.js';
import { DECISIONS } from '../src/release/decisions.js';
import { REASONS } from '../src/release/reasons.js';
import { exampleEvidence } from './example-evidence.js';
import { examplePreview } from './example-preview.js';

/** A file, or a part of one between two markers, that is made from the code. */
interface Generated {
  readonly path: string;
  /** Without it, the whole file is made. */
  readonly section?: string;
  readonly text: () => string;
}

const GENERATED: readonly Generated[] = [
  { path: 'action.yml', text: action },
  { path: 'docs/reason-codes.md', text: reasonCodes },
  { path: 'docs/preview.md', text: () => examplePreview(process.cwd()) },
  { path: 'docs/evidence.svg', text: exampleEvidence },
  { path: 'README.md', section: 'inputs', text: inputsTable },
  { path: 'README.md', section: 'outputs', text: outputsTable },
  { path: 'README.md', section: 'decisions', text: decisionsTable },
];

/** What is out of date; empty when nothing is. */
export function generatedProblems(root: string): readonly string[] {
  return GENERATED.flatMap((one) => {
    const path = join(root, one.path);
    if (!existsSync(path)) return [`${one.path} is missing; run: npm run generate`];
    const found = readFileSync(path, 'utf8');
    const wanted = withSection(found, one);
    if (wanted === null) return [`${one.path} has no markers for \`${one.section}\``];
    return found === wanted
      ? []
      : [`${one.path}${one.section ? ` (${one.section})` : ''} is out of date; run: npm run generate`];
  });
}

export function generate(root: string): void {
  for (const one of GENERATED) {
    const path = join(root, one.path);
    const text = withSection(existsSync(path) ? readFileSync(path, 'utf8') : '', one);
    if (text === null) throw new Error(`${one.path} has no markers for ${one.section}`);
    writeFileSync(path, text);
  }
}

function withSection(file: string, one: Generated): string | null {
  if (!one.section) return one.text();
  const begin = `<!-- begin ${one.section} (made by npm run generate) -->`;
  const end = `<!-- end ${one.section} -->`;
  const from = file.indexOf(begin);
  const to = file.indexOf(end);
  if (from < 0 || to < from) return null;
  return `${file.slice(0, from + begin.length)}\n\n${one.text()}\n${file.slice(to)}`;
}

function action(): string {
  const inputs = INPUTS.map((input) => [
    input.name,
    {
      description: input.description,
      required: false,
      default: 'default' in input ? input.default : '',
    },
  ]);
  const outputs = OUTPUTS.map(({ name, description }) => [name, { description }]);
  return stringify(
    {
      name: 'Gated Release',
      description: 'Takes a release through gates (plan, verify, backup, canary, promote), or takes it back.',
      author: 'Gated Release contributors',
      branding: { icon: 'shield', color: 'green' },
      inputs: Object.fromEntries(inputs),
      outputs: Object.fromEntries(outputs),
      runs: { using: 'node24', main: 'dist/index.js', post: 'dist/index.js', 'post-if': 'always()' },
    },
    { lineWidth: 0 },
  );
}

function reasonCodes(): string {
  const rows = Object.entries(REASONS).map(
    ([code, { why, remedy }]) => `| \`${code}\` | ${why} | ${remedy} |`,
  );
  return [
    '# Reason codes',
    '',
    'Every end of a release has one, in the output `reason-code`, in the checks and in the ledger. This page is made from the code by `npm run generate`.',
    '',
    '| code | what happened | what to do |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function inputsTable(): string {
  const rows = INPUTS.map(
    (input) =>
      `| \`${input.name}\` | ${code('default' in input ? input.default : undefined)} | ${cell(input.description)} |`,
  );
  return ['| input | default | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

function outputsTable(): string {
  const rows = OUTPUTS.map((output) => `| \`${output.name}\` | ${cell(output.description)} |`);
  return ['| output | meaning |', '| --- | --- |', ...rows, ''].join('\n');
}

function decisionsTable(): string {
  const rows = Object.entries(DECISIONS).map(
    ([name, { exit, when }]) => `| \`${name}\` | ${exit} | ${cell(when)} |`,
  );
  return ['| decision | exit code | when |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

function code(text: string | undefined): string {
  return text ? `\`${text}\`` : '';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) generate(process.cwd());
