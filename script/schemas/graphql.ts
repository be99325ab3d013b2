import {
  assertValidSchema,
  buildSchema,
  type DefinitionNode,
  type FieldDefinitionNode,
  Kind,
  parse,
  print,
  type TypeNode,
  visit,
} from 'graphql';
import type { GraphqlSchema } from '../../sandbox/github/schema-files.js';

/** The object types and interfaces that the sandbox answers for, with the fields that it knows. */
const FIELDS: Readonly<Record<string, string>> = {
  Query: 'id rateLimit repository viewer',
  Mutation: 'createCommitOnBranch updateRefs',
  CreateCommitOnBranchPayload: 'clientMutationId commit ref',
  UpdateRefsPayload: 'clientMutationId',
  RateLimit: 'cost limit remaining resetAt used',
  User: 'id login',
  Repository:
    'defaultBranchRef id isPrivate issues name nameWithOwner object owner pullRequests ref refs url',
  RepositoryOwner: 'id login',
  RefConnection: 'nodes pageInfo totalCount',
  IssueConnection: 'totalCount',
  PullRequestConnection: 'totalCount',
  PageInfo: 'endCursor hasNextPage hasPreviousPage startCursor',
  Node: 'id',
  Ref: 'id name prefix repository target',
  GitObject: 'abbreviatedOid id oid repository',
  Commit:
    'abbreviatedOid author authoredDate committedDate committer file history id message messageBody ' +
    'messageHeadline oid parents repository tree url',
  CommitConnection: 'nodes pageInfo totalCount',
  CommitHistoryConnection: 'nodes pageInfo totalCount',
  GitActor: 'date email name',
  Tree: 'abbreviatedOid entries id oid repository',
  TreeEntry: 'mode name object oid path size type',
  Blob: 'abbreviatedOid byteSize id isBinary isTruncated oid repository text',
  Tag: 'abbreviatedOid id message name oid repository tagger target',
};

const BUILT_IN = new Set(['Boolean', 'Float', 'ID', 'Int', 'String']);

/** The listed fields with every input, enumeration and scalar that they reach, without descriptions. */
export function graphqlSubset(text: string): GraphqlSchema {
  const published = new Map(
    parse(text, { noLocation: true }).definitions.flatMap((node) =>
      'name' in node && node.name ? [[node.name.value, node]] : [],
    ),
  );
  const kept = new Map<string, DefinitionNode>();
  const waiting = ['Query', 'Mutation', 'Tag', 'Tree', 'Blob', 'Commit'];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (kept.has(name) || BUILT_IN.has(name)) continue;
    const node = published.get(name);
    if (node === undefined) throw new Error(`The published schema has no type "${name}".`);
    const reduced = reduce(withoutProse(node));
    kept.set(name, reduced);
    waiting.push(...namesIn(reduced));
  }
  const names = [...kept.keys()].sort();
  const sdl = names.flatMap((name) => printed(kept.get(name)).split('\n'));
  assertValidSchema(buildSchema(sdl.join('\n')));
  return { sdl };
}

function printed(node: DefinitionNode | undefined): string {
  return node === undefined ? '' : print(node);
}

function withoutProse(node: DefinitionNode): DefinitionNode {
  const bare = { description: undefined, directives: [] };
  return visit(node, {
    enter: (inner) => ('description' in inner || 'directives' in inner ? { ...inner, ...bare } : undefined),
  });
}

function reduce(node: DefinitionNode): DefinitionNode {
  if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) return node;
  const listed = FIELDS[node.name.value];
  if (listed === undefined) {
    throw new Error(
      `A kept field has the type "${node.name.value}": list its fields in script/schemas/graphql.ts.`,
    );
  }
  const fields = listed.split(' ').map((name) => fieldOf(node.name.value, node.fields ?? [], name));
  const interfaces = (node.interfaces ?? []).filter(({ name }) => name.value in FIELDS);
  return { ...node, fields, interfaces };
}

function fieldOf(type: string, fields: readonly FieldDefinitionNode[], name: string): FieldDefinitionNode {
  const field = fields.find((candidate) => candidate.name.value === name);
  if (field === undefined) throw new Error(`The published type "${type}" has no field "${name}".`);
  return field;
}

function namesIn(node: DefinitionNode): string[] {
  const names: string[] = [];
  visit(node, {
    NamedType: (type: TypeNode) => void (type.kind === Kind.NAMED_TYPE && names.push(type.name.value)),
  });
  return names;
}
