import * as z from 'zod';
import type { Path } from './path.js';

/** The keys that the schema knows at a path; null where the user chooses them, or where nothing is known. */
export function knownKeys(schema: z.ZodType, path: Path): readonly string[] | null {
  const objects = schemasAt(schema, path).filter((found) => found instanceof z.ZodObject);
  if (objects.length === 0 || objects.some(isOpen)) return null;
  return [...new Set(objects.flatMap((found) => Object.keys(found.shape)))];
}

function schemasAt(schema: z.ZodType, path: Path): z.ZodType[] {
  return path.reduce<z.ZodType[]>(
    (found, key) => found.flatMap((each) => childrenAt(each, key)),
    plainForms(schema),
  );
}

function childrenAt(schema: z.ZodType, key: string | number): z.ZodType[] {
  if (schema instanceof z.ZodObject) {
    if (!Object.hasOwn(schema.shape, key)) return isOpen(schema) ? childForms(schema.def.catchall) : [];
    return childForms(schema.shape[key]);
  }
  if (schema instanceof z.ZodRecord) return childForms(schema.valueType);
  if (schema instanceof z.ZodArray) return childForms(schema.element);
  return [];
}

/** Whether the user chooses further keys, beside those that the schema names. */
function isOpen(schema: z.ZodObject): boolean {
  const { catchall } = schema.def;
  return catchall !== undefined && !(catchall instanceof z.ZodNever);
}

function childForms(schema: unknown): z.ZodType[] {
  return schema instanceof z.ZodType ? plainForms(schema) : [];
}

/** The forms that a value may be written in, without what is only about reading it. */
function plainForms(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return childForms(schema.unwrap());
  if (schema instanceof z.ZodPipe) return childForms(schema.in);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(childForms);
  return [schema];
}
