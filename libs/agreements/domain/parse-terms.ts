import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { DomainError, type FieldError } from '../../kernel/domain-error.js';
import { semanticErrors } from './terms-semantics.js';
import { termsSchema } from './terms-schema.js';
import type { Terms } from './terms.js';

let compiled: ValidateFunction<Terms> | undefined;

/** Compiled once, at the first document: compiling takes longer than checking thousands of documents. */
function validator(): ValidateFunction<Terms> {
  compiled ??= new Ajv2020({ allErrors: true }).compile<Terms>(termsSchema);
  return compiled;
}

/**
 * The terms document that `input` (a parsed JSON value) is. Throws DomainError `invalid-document` with every error
 * found as a JSON pointer: first those of the schema; where the shape is right, those of the rules that a schema
 * cannot say (terms.md, Shape). An unknown or missing field is named by its own pointer.
 */
export function parseTerms(input: unknown): Terms {
  const validate = validator();
  const errors = validate(input) ? semanticErrors(input) : schemaErrors(validate.errors ?? []);
  if (errors.length > 0) throw new DomainError('invalid-document', 'the terms document is not valid', errors);
  return input as Terms;
}

function schemaErrors(errors: readonly ErrorObject[]): FieldError[] {
  const found = new Map<string, FieldError>();
  for (const error of errors) {
    // `if` only repeats that a branch failed; the branch's own errors say what.
    if (error.keyword === 'if') continue;
    const fieldError = { pointer: pointerOf(error), message: messageOf(error) };
    found.set(`${fieldError.pointer}\n${fieldError.message}`, fieldError);
  }
  return [...found.values()];
}

function pointerOf({ keyword, instancePath, params, propertyName }: ErrorObject): string {
  const field: unknown =
    keyword === 'additionalProperties'
      ? params['additionalProperty']
      : keyword === 'required'
        ? params['missingProperty']
        : propertyName;
  return typeof field === 'string' ? `${instancePath}/${escapePointer(field)}` : instancePath;
}

function messageOf({ keyword, message = 'is not valid', params }: ErrorObject): string {
  if (keyword === 'additionalProperties') return 'is not a known field';
  if (keyword === 'required') return 'is missing';
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as string[]).join(', ')}`;
  if (keyword === 'const') return `must be ${String(params['allowedValue'])}`;
  return message;
}

/** RFC 6901: `~` and `/` in a field's name are escaped. */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
