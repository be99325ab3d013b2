import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { type JsonSchema, type RestOperation, type RestSchema, readSchemaFile } from './schema-files.js';

/** What is wrong with a value: in GitHub's words, and where. */
export interface Problem {
  readonly at: string;
  readonly message: string;
}

export interface RequestParts {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface RequestVerdict {
  /** What GitHub refuses. */
  readonly problems: readonly Problem[];
  /** What GitHub ignores, and a client has no reason to send. */
  readonly unknown: readonly string[];
}

/** GitHub's published description: it is read once, and each validator is compiled when it is first needed. */
class Description {
  readonly rest: RestSchema = readSchemaFile<RestSchema>('rest.json').content;
  // Without these two settings it would spend most of a second on some of GitHub's schemas.
  readonly #ajv = new Ajv({
    ...{ strict: false, allErrors: true, validateSchema: false, logger: false },
    ...{ inlineRefs: false, code: { optimize: false } },
  });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor() {
    addFormats.default(this.#ajv, ['date-time', 'date', 'email']);
    // GitHub answers with an empty string where a deployment status has no URL.
    this.#ajv.addFormat('uri', (text) => text === '' || URL.canParse(text));
    for (const [name, schema] of Object.entries(this.rest.schemas)) this.#ajv.addSchema(schema, name);
  }

  validator(key: string, schema: JsonSchema): ValidateFunction {
    const found = this.#compiled.get(key);
    if (found !== undefined) return found;
    const compiled = this.#ajv.compile(schema);
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

let description: Description | null = null;

function published(): Description {
  description ??= new Description();
  return description;
}

export function operations(): RestSchema['operations'] {
  return published().rest.operations;
}

export function validateRequest(id: string, { path, query, body }: RequestParts): RequestVerdict {
  const operation = operationOf(id);
  const problems: Problem[] = [];
  for (const { name, in: place, required, schema } of operation.parameters) {
    const given = place === 'path' ? path[name] : query[name];
    if (given !== undefined) problems.push(...check(`${id} ${name}`, schema, typed(given, schema)));
    else if (required) problems.push({ at: name, message: `"${name}" wasn't supplied.` });
  }
  if (operation.body !== null && (body !== undefined || operation.body.required)) {
    problems.push(...check(`${id} body`, operation.body.schema, body ?? {}));
  }
  return { problems, unknown: unknownNames(operation, { path, query, body }) };
}

/** One line for each way in which an answer is not what GitHub promises. */
export function validateResponse(id: string, status: number, body: unknown): string[] {
  const { responses } = operationOf(id);
  const schema = responses[String(status)];
  if (schema === undefined && status < 400) return [`status ${status} is not among the answers of ${id}`];
  if (schema === null && status < 400)
    return body === undefined ? [] : [`status ${status} of ${id} has no body`];
  const problems = check(`${id} ${status}`, schema ?? { $ref: 'basic-error' }, body);
  return problems.map(({ at, message }) => `${at}: ${message}`);
}

/** Whether GitHub documents the `errors` of a 422 as plain texts. */
export function hasTextErrors(id: string): boolean {
  return operationOf(id).responses['422']?.$ref === 'validation-error-simple';
}

function operationOf(id: string): RestOperation {
  const operation = operations()[id];
  if (operation === undefined) throw new Error(`No operation "${id}" in sandbox/github/schema/rest.json.`);
  return operation;
}

/** Parameters arrive as text. */
function typed(text: string, schema: JsonSchema): unknown {
  if (schema.type === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  if (schema.type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

function unknownNames(operation: RestOperation, { query, body }: RequestParts): string[] {
  const known = new Set(operation.parameters.filter((each) => each.in === 'query').map(({ name }) => name));
  const properties = operation.body?.schema.properties;
  const open = typeof properties !== 'object' || properties === null;
  const keys = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body) : [];
  return [
    ...Object.keys(query).filter((name) => !known.has(name)),
    ...(operation.body === null ? keys : open ? [] : keys.filter((name) => !(name in properties))),
  ];
}

function check(key: string, schema: JsonSchema, value: unknown): Problem[] {
  const validate = published().validator(key, schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => ({
    at: error.instancePath || '/',
    message: inGithubsWords(error, value),
  }));
}

function inGithubsWords(error: ErrorObject, root: unknown): string {
  const { keyword, params, instancePath } = error;
  const value = valueAt(root, instancePath);
  const shown = JSON.stringify(value)?.slice(0, 200) ?? 'nothing';
  const where = `properties${instancePath}`;
  if (keyword === 'required') return `"${params.missingProperty}" wasn't supplied.`;
  if (keyword === 'type') return `For '${where}', ${shown} is not ${article(String(params.type))}.`;
  if (keyword === 'maxItems') {
    return `No more than ${params.limit} items are allowed; ${Array.isArray(value) ? value.length : 0} were supplied.`;
  }
  if (keyword === 'maxLength') {
    return `Only ${params.limit} characters are allowed; ${String(value).length} were supplied.`;
  }
  if (keyword === 'enum') {
    return `For '${where}', ${shown} is not a possible value. Must be one of the following: ${params.allowedValues.join(', ')}.`;
  }
  if (keyword === 'format') return `For '${where}', ${shown} is not a valid ${params.format}.`;
  return `For '${where}', ${shown} ${error.message ?? 'is not valid'}.`;
}

function article(type: string): string {
  return `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
}

function valueAt(root: unknown, pointer: string): unknown {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    root,
  );
}
