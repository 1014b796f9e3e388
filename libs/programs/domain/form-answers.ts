import type { ErrorObject } from 'ajv/dist/2020.js';
import { DomainError, type FieldError } from '../../kernel/domain-error.js';
import type { ApplicationSettings, FormField } from './application-settings.js';
import { escapePointer, formValidator, type FormSchema } from './form-schema.js';

/** What applicants answered to a program's own questions, by the name of the question. */
export type FormAnswers = Record<string, unknown>;

export const maxAnswerLength = 5_000;
const maxSimpleAnswerLength = 2_000;
const maxAnswersCharacters = 65_536;
const maxListItems = 1_000;
const maxDepth = 6;
const joins = ['allOf', 'anyOf', 'oneOf', 'if'];

/**
 * The JSON Schema of a program's own questions: the one that it brings, else the one that its list of fields comes to.
 * Answers to questions that it does not ask are refused unless the schema itself says otherwise.
 */
export function formSchemaOf({ schema, fields }: Pick<ApplicationSettings, 'schema' | 'fields'>): FormSchema {
  if (schema !== undefined) {
    const isOpen = 'additionalProperties' in schema || joins.some((word) => word in schema);
    return isOpen ? schema : { ...schema, additionalProperties: false };
  }
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, schemaOfField(field)])),
    required: fields.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

function schemaOfField({ type, label, options }: FormField): Record<string, unknown> {
  const title = { title: label };
  if (type === 'number') return { ...title, type: 'number' };
  if (type === 'choice') return { ...title, type: 'string', enum: options };
  if (type === 'url') return { ...title, type: 'string', maxLength: maxSimpleAnswerLength, pattern: '^https?://\\S+$' };
  return { ...title, type: 'string', maxLength: maxSimpleAnswerLength };
}

/**
 * The answers as they are kept: what was left empty (null or an empty text) counts as not given.
 * @throws DomainError `invalid-document` with a pointer below `/form` for every answer that does not fit
 */
export function checkFormAnswers(
  settings: Pick<ApplicationSettings, 'schema' | 'fields'>,
  answers: Readonly<FormAnswers>,
): FormAnswers {
  const given = Object.fromEntries(Object.entries(answers).filter(([, answer]) => answer !== null && answer !== ''));
  const errors = [...tooMuch(given)];
  if (errors.length === 0) {
    const validate = formValidator(formSchemaOf(settings));
    if (!validate(given)) errors.push(...readable(validate.errors ?? []));
  }
  if (errors.length > 0) throw new DomainError('invalid-document', 'the application form is not valid', errors);
  return given;
}

/** Bounds that hold for every form, whatever its schema says. */
function* tooMuch(answers: FormAnswers): Generator<FieldError> {
  yield* oversized(answers, '/form', 0);
  if (JSON.stringify(answers).length > maxAnswersCharacters) {
    yield { pointer: '/form', message: `must be at most ${maxAnswersCharacters} characters of JSON` };
  }
}

function* oversized(value: unknown, pointer: string, depth: number): Generator<FieldError> {
  if (typeof value === 'number' && !Number.isFinite(value)) yield { pointer, message: 'must be a number' };
  if (typeof value === 'string' && value.length > maxAnswerLength) {
    yield { pointer, message: `must be a text of at most ${maxAnswerLength} characters` };
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth >= maxDepth) {
    yield { pointer, message: 'lies too deep' };
    return;
  }
  if (Array.isArray(value) && value.length > maxListItems) {
    yield { pointer, message: `must have at most ${maxListItems} items` };
    return;
  }
  for (const [name, item] of Object.entries(value))
    yield* oversized(item, `${pointer}/${escapePointer(name)}`, depth + 1);
}

function readable(errors: readonly ErrorObject[]): FieldError[] {
  const found = new Map<string, FieldError>();
  for (const error of errors) {
    // These only repeat that a part failed; the part's own errors say what.
    if (joins.includes(error.keyword) && error.keyword !== 'oneOf') continue;
    const fieldError = { pointer: pointerOf(error), message: messageOf(error) };
    if (!found.has(fieldError.pointer)) found.set(fieldError.pointer, fieldError);
  }
  return [...found.values()];
}

function pointerOf({ keyword, instancePath, params }: ErrorObject): string {
  const name: unknown =
    keyword === 'additionalProperties'
      ? params['additionalProperty']
      : keyword === 'required' || keyword === 'dependentRequired'
        ? params['missingProperty']
        : undefined;
  return `/form${instancePath}${typeof name === 'string' ? `/${escapePointer(name)}` : ''}`;
}

function messageOf({ keyword, message = 'is not valid', params }: ErrorObject): string {
  if (keyword === 'additionalProperties') return 'is not a field of this form';
  if (keyword === 'required' || keyword === 'dependentRequired') return 'is missing';
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  if (keyword === 'const') return `must be ${String(params['allowedValue'])}`;
  if (keyword === 'pattern' && params['pattern'] === '^https?://\\S+$') return 'must be an http(s) address';
  return message;
}
