import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A part of a published schema, kept without its prose. Made by `script/schemas.ts`. */
export interface SchemaFile<Content> {
  readonly source: {
    readonly package: string;
    readonly version: string;
    readonly file: string;
    /** Of the published file that this is a part of. */
    readonly sha256: string;
  };
  /** SHA-256 of `JSON.stringify(content)`. */
  readonly digest: string;
  readonly content: Content;
}

export interface RestSchema {
  readonly operations: Readonly<Record<string, RestOperation>>;
  /** A `$ref` is the name of one of them. */
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

export interface RestOperation {
  readonly method: string;
  readonly path: string;
  readonly docs: string;
  readonly parameters: readonly RestParameter[];
  /** JSON Schema of the body; null when the operation takes none. */
  readonly body: { readonly required: boolean; readonly schema: JsonSchema } | null;
  /** Status → JSON Schema; null when the answer has no body. */
  readonly responses: Readonly<Record<string, JsonSchema | null>>;
}

export interface RestParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: JsonSchema;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface GraphqlSchema {
  /** The schema definition language, line by line. */
  readonly sdl: readonly string[];
}

export function readSchemaFile<Content>(name: 'rest.json' | 'graphql.json'): SchemaFile<Content> {
  return JSON.parse(readFileSync(join(schemaDirectory(), name), 'utf8'));
}

export function digestOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/**
 * The JSON files are not compiled, so the directory is looked for from this file upwards: it is a neighbour of the
 * sources, and under `sandbox/` of the root for the compiled files in `lib/`.
 */
export function schemaDirectory(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let directory = start; ; directory = dirname(directory)) {
    const candidate = join(directory, 'sandbox', 'github', 'schema');
    if (existsSync(candidate) && existsSync(join(directory, 'package.json'))) return candidate;
    if (directory === dirname(directory)) break;
  }
  throw new Error(
    `No directory sandbox/github/schema beside a package.json at or above ${start}. ` +
      'Run from a checkout of this repository.',
  );
}
