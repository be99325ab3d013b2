import {
  buildSchema,
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  isScalarType,
  Kind,
  parse,
  validate,
} from 'graphql';
import { Refusal } from '../answer.js';
import { timestamp } from '../clock.js';
import { authorizeRead, isRepository } from '../permissions.js';
import { RuleRefusal } from '../rules.js';
import { type GraphqlSchema, readSchemaFile } from '../schema-files.js';
import type { Caller } from '../tokens.js';
import { WorkflowRefusal } from '../workflow-files.js';
import { nodeId, type World } from '../world.js';
import { createCommitOnBranch, unknownRepository, updateRefs } from './mutations.js';
import { repositoryNode } from './nodes.js';

export interface GraphqlRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

export interface GraphqlOutcome {
  readonly body: { readonly data?: unknown; readonly errors?: readonly GraphqlProblem[] };
  /** What the document or its variables hold that the published schema does not allow. */
  readonly violations: readonly string[];
}

export interface GraphqlProblem {
  readonly type?: string;
  readonly message: string;
  readonly [key: string]: unknown;
}

interface Context {
  readonly world: World;
  readonly caller: Caller;
}

/** Names of the fields at the root of a document: what it does. */
export function rootFields({ query }: GraphqlRequest): string[] {
  const document = parsed(query);
  if (document instanceof GraphQLError) return [];
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? definition.selectionSet.selections.flatMap((field) =>
          field.kind === Kind.FIELD ? [field.name.value] : [],
        )
      : [],
  );
}

export async function answerGraphql(context: Context, request: GraphqlRequest): Promise<GraphqlOutcome> {
  const document = parsed(request.query);
  if (document instanceof GraphQLError) return refused([document]);
  const errors = validate(schema(), document);
  if (errors.length > 0) return refused(errors);
  const result = await execute({
    schema: schema(),
    document,
    rootValue: roots(context),
    variableValues: isRecord(request.variables) ? request.variables : {},
    ...(typeof request.operationName === 'string' ? { operationName: request.operationName } : {}),
  });
  return { body: bodyOf(result), violations: violationsOf(result) };
}

function roots(context: Context) {
  const { world, caller } = context;
  return {
    repository: ({ owner, name }: { owner: string; name: string }) => {
      if (!isRepository(world, owner, name)) throw unknownRepository(`${owner}/${name}`);
      authorizeRead(world, caller, ['contents']);
      return {
        ...repositoryNode(world),
        // Not left out, as in a list of the REST API: a connection that the caller may not read is refused.
        issues: () => {
          authorizeRead(world, caller, ['issues']);
          return { __typename: 'IssueConnection', totalCount: world.issues.length };
        },
        pullRequests: () => {
          authorizeRead(world, caller, ['pull-requests']);
          return { __typename: 'PullRequestConnection', totalCount: world.pulls.length };
        },
      };
    },
    viewer: () => ({ __typename: 'User', id: nodeId('User', caller.actor.id), login: caller.actor.login }),
    rateLimit: () => {
      const { limit, remaining, used, reset } = world.rateLimits.quota(caller.name, 'graphql');
      return { cost: 1, limit, remaining, used, resetAt: timestamp(reset * 1000) };
    },
    createCommitOnBranch: ({ input }: { input: Parameters<typeof createCommitOnBranch>[1] }) =>
      createCommitOnBranch(context, input),
    updateRefs: ({ input }: { input: Parameters<typeof updateRefs>[1] }) => updateRefs(context, input),
  };
}

let built: GraphQLSchema | null = null;

function schema(): GraphQLSchema {
  if (built !== null) return built;
  built = buildSchema(readSchemaFile<GraphqlSchema>('graphql.json').content.sdl.join('\n'));
  for (const [name, form] of Object.entries(SCALARS)) {
    const scalar = built.getType(name);
    if (scalar === undefined || !isScalarType(scalar)) continue;
    scalar.parseValue = (value: unknown) => {
      if (typeof value !== 'string' || !form.test(value))
        throw new GraphQLError(`${JSON.stringify(value)} is not a valid ${name}`);
      return value;
    };
    scalar.parseLiteral = (node) => scalar.parseValue(node.kind === Kind.STRING ? node.value : null);
    scalar.serialize = scalar.parseValue;
  }
  return built;
}

const SCALARS: Readonly<Record<string, RegExp>> = {
  GitObjectID: /^[0-9a-f]{40}$/,
  GitRefname: /^refs\//,
  Base64String: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  DateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  URI: /^https?:/,
};

function parsed(query: unknown): DocumentNode | GraphQLError {
  if (typeof query !== 'string')
    return new GraphQLError('A query attribute must be specified and must be a string.');
  try {
    return parse(query);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function refused(errors: readonly GraphQLError[]): GraphqlOutcome {
  const body = { errors: errors.map(({ message, locations }) => ({ message, locations, path: ['query'] })) };
  return { body, violations: errors.map(({ message }) => message) };
}

function bodyOf({ data, errors }: ExecutionResult): GraphqlOutcome['body'] {
  return {
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined ? {} : { errors: errors.map(problemOf) }),
  };
}

function problemOf({ message, locations, path, originalError }: GraphQLError): GraphqlProblem {
  const at = { ...(path === undefined ? {} : { path }), ...(locations === undefined ? {} : { locations }) };
  if (!(originalError instanceof Refusal)) return { ...at, message };
  const special = originalError instanceof RuleRefusal || originalError instanceof WorkflowRefusal;
  return { type: originalError.type, ...at, message: special ? originalError.graphqlMessage : message };
}

/** An error that no resolver meant: variables that the schema refuses, or an answer of ours that it does. */
function violationsOf({ errors = [] }: ExecutionResult): string[] {
  return errors
    .filter(({ originalError }) => !(originalError instanceof Refusal))
    .map(({ message }) => message);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
