import { z } from 'zod';
import type { OpenAPIObject } from '@nestjs/swagger';

type SchemaOrReference = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type SchemaObject = Exclude<SchemaOrReference, { $ref: string }>;

/** A JSON Schema 2020-12, which is what OpenAPI 3.1 holds. */
export type JsonSchema = SchemaObject & { $defs?: Record<string, SchemaObject>; id?: string };

/** The schema of what a caller may send. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  return convert(schema, 'input');
}

/** The schema of what is answered. */
export function outputSchema(schema: z.ZodType): JsonSchema {
  return convert(schema, 'output');
}

/** The fields of an object schema, for parameters that OpenAPI wants one by one. */
export function propertiesOf(schema: JsonSchema): { name: string; required: boolean; schema: SchemaObject }[] {
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    required: (schema.required ?? []).includes(name),
    schema: property as SchemaObject,
  }));
}

const maxItems = 1_000;

/** What would let a body grow without bound or fields go unread; each fault with where it is. */
export function looseEnds(schema: z.ZodType): string[] {
  return [...walk(inputSchema(schema) as Record<string, unknown>, '')];
}

function* walk(node: Record<string, unknown>, at: string): Generator<string> {
  const { type } = node;
  const isClosed = ['enum', 'const', 'pattern', 'format', 'maxLength'].some((keyword) => keyword in node);
  if (type === 'string' && !isClosed) yield `${at || '/'}: a string without a greatest length`;
  if (type === 'array' && !(typeof node['maxItems'] === 'number' && node['maxItems'] <= maxItems)) {
    yield `${at || '/'}: an array of more than ${maxItems} items is possible`;
  }
  if (type === 'object' && 'properties' in node && !('additionalProperties' in node)) {
    yield `${at || '/'}: an object that takes unknown fields (use z.strictObject)`;
  }
  for (const [key, value] of Object.entries(node)) {
    if (key === 'examples' || key === 'default') continue;
    for (const [index, child] of Array.isArray(value) ? value.entries() : [['', value] as const]) {
      if (typeof child === 'object' && child !== null) {
        yield* walk(child as Record<string, unknown>, `${at}/${key}${index === '' ? '' : `/${index}`}`);
      }
    }
  }
}

function convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Answers may gain fields: a client that was made from the description must not refuse them.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return json as JsonSchema;
}
