import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { z } from 'zod';
import { DomainError, type FieldError } from '../../../libs/kernel/domain-error.js';
import { isId, type IdPrefix } from '../../../libs/kernel/ids.js';
import { requestOf } from './api-request.js';
import { pointerTo } from './json-body.js';

export const bodySchemaKey = 'pactline:body';
export const querySchemaKey = 'pactline:query';

/**
 * The body, checked against a schema: `@ZodBody(decisionBody) body: z.infer<typeof decisionBody>`. Use
 * `z.strictObject`, bounded strings and arrays of at most 1,000: the start fails for a schema that doesn't.
 * @throws DomainError `malformed-request` with a pointer per fault
 */
export function ZodBody(schema: z.ZodType): ParameterDecorator {
  return remembering(
    bodySchemaKey,
    schema,
    parameter((context) => {
      const { body } = requestOf(context);
      // No body at all counts as an empty one; a `null` that was sent is a fault.
      return parseWith(schema, body === undefined ? {} : body, 'the body is not as described');
    }),
  );
}

/** The query string, checked against a schema of an object whose values are read from strings (`z.coerce`). */
export function ZodQuery(schema: z.ZodObject): ParameterDecorator {
  return remembering(
    querySchemaKey,
    schema,
    parameter((context) => {
      // A link's token is the guard's business and may stand beside every query.
      const { token: _token, ...query } = requestOf(context).query as Record<string, unknown>;
      return parseWith(schema, query, 'the query is not as described');
    }),
  );
}

/** One part of the path, checked against a schema. */
export function ZodParam(name: string, schema: z.ZodType): ParameterDecorator {
  return parameter((context) => parseWith(schema, paramOf(context, name), 'the address is not as described', [name]));
}

/**
 * One part of the path that is an id with this prefix: `@IdParam('id', 'app') id: string`.
 * @throws DomainError `not-found` for text that can't be such an id
 */
export function IdParam(name: string, prefix: IdPrefix): ParameterDecorator {
  return parameter((context) => {
    const text = paramOf(context, name);
    if (isId(prefix, text)) return text;
    throw new DomainError('not-found', 'there is no such thing');
  });
}

/**
 * The value that the schema makes of the input.
 * @throws DomainError `malformed-request`, with a JSON pointer and a message per fault
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  detail: string,
  at: readonly PropertyKey[] = [],
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new DomainError(
    'malformed-request',
    detail,
    parsed.error.issues.flatMap((issue) => fieldErrors(issue, at)),
  );
}

function fieldErrors(issue: z.core.$ZodIssue, at: readonly PropertyKey[]): FieldError[] {
  const path = [...at, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerTo([...path, key]), message: 'is not a known field' }));
  }
  return [{ pointer: pointerTo(path), message: issue.message }];
}

function paramOf(context: ExecutionContext, name: string): string {
  return (requestOf(context).params as Record<string, string>)[name] ?? '';
}

function parameter(read: (context: ExecutionContext) => unknown): ParameterDecorator {
  return createParamDecorator((_data: unknown, context: ExecutionContext) => read(context))();
}

/** Decorators of parameters run before the method's own, so `@Endpoint` finds the schema and it is written once. */
function remembering(key: string, schema: z.ZodType, decorate: ParameterDecorator): ParameterDecorator {
  return (target, method, index) => {
    if (method !== undefined) Reflect.defineMetadata(key, schema, target, method);
    decorate(target, method, index);
  };
}
