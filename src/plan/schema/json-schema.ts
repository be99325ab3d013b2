import * as z from 'zod';
import { isTree, type Tree } from '../path.js';
import { OUTSIDE_SECTIONS, planFile } from './file.js';
import { describeKey } from './keys.js';

const ID = 'gated-release.schema.json';

/** The JSON Schema of a plan file, for editors: what it refuses is always refused, what it accepts may still be. */
export function planSchema(): Tree {
  const generated = z.toJSONSchema(planFile, { io: 'input' });
  const described = withDescriptions(generated, '');
  const { $schema, ...schema } = isTree(described) ? described : {};
  const properties = isTree(schema.properties) ? schema.properties : {};
  const environments = isTree(properties.environments) ? properties.environments : {};
  return {
    $schema,
    $id: ID,
    title: 'Gated Release plan',
    ...schema,
    properties: {
      ...properties,
      environments: { ...environments, additionalProperties: orNull({ $ref: '#/$defs/section' }) },
    },
    $defs: { section: sectionOf({ ...schema, properties }) },
  };
}

/** The keys of the schema as they stand in the table of descriptions. */
export function schemaKeys(): string[] {
  const keys = new Set<string>();
  withDescriptions(z.toJSONSchema(planFile, { io: 'input' }), '', (key) => keys.add(key));
  return [...keys];
}

function withDescriptions(schema: unknown, key: string, onKey: (key: string) => void = () => {}): unknown {
  if (Array.isArray(schema)) return schema.map((each) => withDescriptions(each, key, onKey));
  if (!isTree(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([word, value]) => {
      if (word === 'anyOf' || word === 'oneOf') return [word, withDescriptions(value, key, onKey)];
      if (word === 'items') return [word, withDescriptions(value, `${key}[]`, onKey)];
      if (word === 'properties' && isTree(value)) return [word, describeEach(value, key, onKey)];
      if (word !== 'additionalProperties' || !isTree(value) || Object.keys(value).length === 0)
        return [word, value];
      return [word, describeOne(value, `${key}.<name>`, onKey)];
    }),
  );
}

function describeEach(properties: Tree, parent: string, onKey: (key: string) => void): Tree {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, schema]) => !isForbidden(schema))
      .map(([name, schema]) => [
        name,
        describeOne(schema, parent === '' ? name : `${parent}.${name}`, onKey),
      ]),
  );
}

function describeOne(schema: unknown, key: string, onKey: (key: string) => void): unknown {
  onKey(key);
  const described = withDescriptions(schema, key, onKey);
  const description = describeKey(key);
  return description === null || !isTree(described) ? described : { description, ...described };
}

/** A key that is only there to be refused with a reason. */
function isForbidden(schema: unknown): boolean {
  return isTree(schema) && isTree(schema.not);
}

/** A section may leave out everything, and removes by null; in lists, which replace, nothing is left out. */
function sectionOf(schema: Tree): unknown {
  const properties = isTree(schema.properties) ? schema.properties : {};
  const inside = Object.entries(properties).filter(([key]) => !OUTSIDE_SECTIONS.includes(key));
  return relax({ ...schema, properties: Object.fromEntries(inside) });
}

function relax(schema: unknown): unknown {
  if (!isTree(schema)) return schema;
  const { required: _, ...rest } = schema;
  return Object.fromEntries(
    Object.entries(rest).map(([word, value]) => {
      if ((word === 'anyOf' || word === 'oneOf') && Array.isArray(value))
        return [word === 'oneOf' ? 'anyOf' : word, value.map(relax)];
      if (word === 'properties' && isTree(value)) {
        return [
          word,
          Object.fromEntries(Object.entries(value).map(([key, each]) => [key, orNull(relax(each))])),
        ];
      }
      if (word === 'additionalProperties' && isTree(value)) return [word, orNull(relax(value))];
      return [word, value];
    }),
  );
}

function orNull(schema: unknown): Tree {
  const { description, ...rest } = isTree(schema) ? schema : {};
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, { type: 'null' }] };
}
