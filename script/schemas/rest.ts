import type {
  JsonSchema,
  RestOperation,
  RestParameter,
  RestSchema,
} from '../../sandbox/github/schema-files.js';

/** The operations that the sandbox answers, by GitHub's own ids. */
export const OPERATIONS = [
  'git/get-ref',
  'git/list-matching-refs',
  'git/create-ref',
  'git/update-ref',
  'git/delete-ref',
  'git/get-commit',
  'git/create-commit',
  'git/get-tree',
  'git/create-tree',
  'git/get-blob',
  'git/create-blob',
  'git/get-tag',
  'git/create-tag',
  'repos/list-commits',
  'repos/get-commit',
  'repos/list-pull-requests-associated-with-commit',
  'repos/compare-commits-with-basehead',
  'repos/get-branch',
  'checks/create',
  'checks/get',
  'checks/update',
  'checks/list-annotations',
  'checks/list-for-ref',
  'repos/create-commit-status',
  'repos/list-commit-statuses-for-ref',
  'repos/get-combined-status-for-ref',
  'repos/list-deployments',
  'repos/create-deployment',
  'repos/get-deployment',
  'repos/delete-deployment',
  'repos/list-deployment-statuses',
  'repos/create-deployment-status',
  'repos/get-deployment-status',
  'issues/list-for-repo',
  'issues/create',
  'issues/get',
  'issues/update',
  'issues/list-events',
  'issues/list-comments',
  'issues/create-comment',
  'issues/get-comment',
  'issues/update-comment',
  'issues/delete-comment',
  'issues/list-labels-on-issue',
  'issues/add-labels',
  'issues/set-labels',
  'issues/remove-label',
  'issues/list-labels-for-repo',
  'issues/create-label',
  'issues/get-label',
  'pulls/list',
  'pulls/create',
  'pulls/get',
  'pulls/update',
  'pulls/list-commits',
  'pulls/list-files',
  'pulls/list-reviews',
  'actions/list-workflow-runs-for-repo',
  'actions/get-workflow-run',
  'actions/list-jobs-for-workflow-run',
  'actions/list-jobs-for-workflow-run-attempt',
  'actions/get-job-for-workflow-run',
  'actions/get-reviews-for-run',
  'teams/list-members-in-org',
  'repos/get-content',
  'repos/get-branch-rules',
  'repos/get',
  'rate-limit/get',
] as const;

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

interface OpenApiOperation {
  readonly operationId?: string;
  readonly externalDocs?: { readonly url: string };
  readonly parameters?: readonly Json[];
  readonly requestBody?: Json;
  readonly responses?: Readonly<Record<string, Json>>;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** The listed operations with every schema that they reach, as plain JSON Schema. */
export function restSubset(document: OpenApi): RestSchema {
  const operations = Object.fromEntries(OPERATIONS.map((id) => [id, operation(document, id)]));
  const schemas: Record<string, JsonSchema> = {};
  const waiting = referencesIn(operations);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name in schemas) continue;
    schemas[name] = toJsonSchema(component(document, `#/components/schemas/${name}`));
    waiting.push(...referencesIn(schemas[name]));
  }
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { operations, schemas: sorted };
}

function operation(document: OpenApi, id: string): RestOperation {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, found] of Object.entries(methods)) {
      if (found.operationId !== id) continue;
      return {
        method: method.toUpperCase(),
        path,
        docs: found.externalDocs?.url.replace('/rest/reference/', '/rest/') ?? 'https://docs.github.com/rest',
        parameters: (found.parameters ?? []).flatMap((parameter) =>
          parameterOf(resolve(document, parameter)),
        ),
        body: bodyOf(resolve(document, found.requestBody ?? null)),
        responses: responsesOf(document, found.responses ?? {}),
      };
    }
  }
  throw new Error(
    `The published description has no operation "${id}". Correct the list in script/schemas/rest.ts.`,
  );
}

function parameterOf(parameter: JsonObject): RestParameter[] {
  const place = parameter.in;
  if (place !== 'path' && place !== 'query') return [];
  return [
    {
      name: String(parameter.name),
      in: place,
      required: parameter.required === true,
      schema: toJsonSchema(parameter.schema ?? {}),
    },
  ];
}

function bodyOf(body: JsonObject): RestOperation['body'] {
  const schema = jsonContent(body);
  return schema === null ? null : { required: body.required === true, schema };
}

function responsesOf(
  document: OpenApi,
  responses: Readonly<Record<string, Json>>,
): RestOperation['responses'] {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [status, jsonContent(resolve(document, response))]),
  );
}

function jsonContent(holder: JsonObject): JsonSchema | null {
  const content = holder.content;
  if (!isObject(content)) return null;
  const media = content['application/json'];
  return isObject(media) && media.schema !== undefined ? toJsonSchema(media.schema) : null;
}

function resolve(document: OpenApi, value: Json): JsonObject {
  if (!isObject(value)) return {};
  const reference = value.$ref;
  return typeof reference === 'string' ? component(document, reference) : value;
}

function component(document: OpenApi, reference: string): JsonObject {
  const [, , kind = '', name = ''] = reference.split('/');
  const found = document.components[kind]?.[name];
  if (!isObject(found)) throw new Error(`The published description has no ${reference}.`);
  return found;
}

/** Annotations and OpenAPI's own words: they say nothing about which values are valid. */
const DROPPED = new Set([
  'description',
  'title',
  'example',
  'examples',
  'default',
  'deprecated',
  'externalDocs',
]);
DROPPED.add('readOnly').add('writeOnly').add('discriminator').add('xml').add('nullable');

function toJsonSchema(value: Json): JsonSchema {
  if (!isObject(value)) return {};
  const reference = value.$ref;
  // OpenAPI 3.0 ignores whatever stands beside a reference.
  if (typeof reference === 'string') return { $ref: reference.replace('#/components/schemas/', '') };
  const schema: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (DROPPED.has(key) || key.startsWith('x-')) continue;
    schema[key] = keyword(key, member);
  }
  return value.nullable === true ? orNull(schema) : schema;
}

function keyword(key: string, value: Json): unknown {
  if (key === 'properties' && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, toJsonSchema(schema)]));
  }
  if (['allOf', 'anyOf', 'oneOf'].includes(key) && isArray(value)) return value.map(toJsonSchema);
  if (['items', 'not', 'additionalProperties'].includes(key) && isObject(value)) return toJsonSchema(value);
  return value;
}

function orNull(schema: Record<string, unknown>): JsonSchema {
  const { type, enum: values } = schema;
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const open = Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {};
  return { ...schema, type: [type, 'null'], ...open };
}

function referencesIn(value: unknown): string[] {
  return [...JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g)].map(([, name = '']) => name);
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
