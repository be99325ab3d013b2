/**
 * Keeps the part of GitHub's published schemas that the sandbox answers for, without prose.
 *
 *   node lib/script/schemas.js           fetches the packages and writes sandbox/github/schema/
 *   node lib/script/schemas.js --check   verifies, offline, that the files match their recorded digests
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  digestOf,
  readSchemaFile,
  type SchemaFile,
  schemaDirectory,
} from '../sandbox/github/schema-files.js';
import { graphqlSubset } from './schemas/graphql.js';
import { restSubset } from './schemas/rest.js';

const REST = { package: '@octokit/openapi', version: '23.0.2', file: 'generated/api.github.com.json' };
const GRAPHQL = { package: '@octokit/graphql-schema', version: '15.26.1', file: 'schema.graphql' };
const FILES = ['rest.json', 'graphql.json'] as const;

export function writeSchemas(): void {
  const directory = schemaDirectory();
  const rest = fetchPublished(REST);
  write(join(directory, 'rest.json'), { ...rest, content: restSubset(JSON.parse(rest.text)) });
  const graphql = fetchPublished(GRAPHQL);
  write(join(directory, 'graphql.json'), { ...graphql, content: graphqlSubset(graphql.text) });
}

/** One line for each file that is not what its header says. */
export function schemaProblems(): string[] {
  return FILES.flatMap((name) => {
    const { digest, content } = readSchemaFile<unknown>(name);
    const actual = digestOf(content);
    if (actual === digest) return [];
    return [
      `sandbox/github/schema/${name} was changed by hand: its header says ${digest}, its content is ${actual}. ` +
        'Run `node lib/script/schemas.js` to write it again.',
    ];
  });
}

interface Published {
  readonly source: SchemaFile<unknown>['source'];
  readonly text: string;
}

function fetchPublished(from: typeof REST): Published {
  const directory = mkdtempSync(join(tmpdir(), 'schemas-'));
  try {
    const spec = `${from.package}@${from.version}`;
    const packed = execFileSync('npm', ['pack', spec, '--json', '--pack-destination', directory], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const archive = JSON.parse(packed)[0].filename;
    execFileSync('tar', ['-xzf', archive, `package/${from.file}`], { cwd: directory });
    const text = readFileSync(join(directory, 'package', from.file), 'utf8');
    return { source: { ...from, sha256: createHash('sha256').update(text).digest('hex') }, text };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One line a schema or operation: small, and still readable as a diff. */
function write(path: string, { source, content }: Pick<SchemaFile<object>, 'source' | 'content'>): void {
  const sections = Object.entries(content).map(([name, section]) => {
    if (Array.isArray(section)) return `${JSON.stringify(name)}: [\n${section.map(line).join(',\n')}\n]`;
    const members = Object.entries(section).map(([key, value]) => `${JSON.stringify(key)}: ${line(value)}`);
    return `${JSON.stringify(name)}: {\n${members.join(',\n')}\n}`;
  });
  const head = `"source": ${line(source)},\n"digest": ${line(digestOf(content))},`;
  writeFileSync(path, `{\n${head}\n"content": {\n${sections.join(',\n')}\n}\n}\n`);
}

function line(value: unknown): string {
  return JSON.stringify(value);
}

function main(): void {
  if (!process.argv.includes('--check')) {
    writeSchemas();
    return;
  }
  const problems = schemaProblems();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
