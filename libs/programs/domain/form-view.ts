import { isRightToLeft, type Language } from '../../kernel/language.js';
import { standardFields, type ApplicationSettings, type StandardField } from './application-settings.js';
import { formSchemaOf } from './form-answers.js';
import type { FormSchema } from './form-schema.js';
import { partnerTypes } from './partner-type.js';
import { languageNames, partnerTypeNames, standardQuestions, type StandardQuestion } from './standard-texts.js';

export const fieldTypes = [
  'text',
  'longText',
  'url',
  'email',
  'phone',
  'number',
  'boolean',
  'date',
  'choice',
  'choices',
  'list',
  'group',
] as const;

/** How a page asks a question. */
export type FieldType = (typeof fieldTypes)[number];

/** One question as a page shows it, in the language that was asked for. */
export interface FieldView {
  name: string;
  type: FieldType;
  label: string;
  help?: string;
  placeholder?: string;
  required: boolean;
  /** The values that may be sent. */
  options?: string[];
  /** What a value is called, where it has a name of its own. */
  optionLabels?: Record<string, string>;
}

/** All that a web page needs to show a program's application form in one language. */
export interface FormView {
  formVersion: string;
  language: Language;
  direction: 'ltr' | 'rtl';
  /** The languages that the form speaks, each by its own name. */
  languages: { language: Language; name: string }[];
  callToAction: string;
  offer: string;
  /** What every program may ask: these stand at the top of what is sent. */
  standardFields: FieldView[];
  /** The program's own questions: these stand below `form` in what is sent. */
  fields: FieldView[];
  /** What `form` must fit (JSON Schema, draft 2020-12). */
  schema: FormSchema;
  consent: { version: string; text: string } | null;
  attachments: { max: number; maxBytes: number; mediaTypes: string[] };
  references: { max: number; areAsked: boolean };
  verification: { required: boolean };
}

export const maxAttachmentBytes = 10 * 1_048_576;
export const attachmentMediaTypes = ['application/pdf', 'image/png', 'image/jpeg'] as const;
export const maxReferences = 10;

/** How a standard question is asked; optional where the program does not say. */
export function standardFieldUse(
  settings: Pick<ApplicationSettings, 'standardFields'>,
  field: StandardField,
): 'hidden' | 'optional' | 'required' {
  return settings.standardFields[field] ?? 'optional';
}

/** The language a form is shown in: the one asked for where the form speaks it, else its first. */
export function formLanguage({ languages }: Pick<ApplicationSettings, 'languages'>, asked?: Language): Language {
  return asked !== undefined && languages.includes(asked) ? asked : languages[0]!;
}

/** The form in one language. What a program has not said in it is in the form's first language. */
export function formView(settings: ApplicationSettings, asked?: Language): FormView {
  const language = formLanguage(settings, asked);
  const texts = settings.texts[language];
  const { consent, attachments, references, verification } = settings;
  return {
    formVersion: settings.version,
    language,
    direction: isRightToLeft(language) ? 'rtl' : 'ltr',
    languages: settings.languages.map((one) => ({ language: one, name: languageNames[one] })),
    callToAction: texts?.callToAction ?? settings.callToAction,
    offer: texts?.offer ?? settings.offer,
    standardFields: standardFieldViews(settings, language),
    fields: ownFieldViews(settings, language),
    schema: formSchemaOf(settings),
    consent: consent ? { version: consent.version, text: texts?.consent ?? consent.text } : null,
    attachments: { max: attachments.max, maxBytes: maxAttachmentBytes, mediaTypes: [...attachmentMediaTypes] },
    references: {
      max: standardFieldUse(settings, 'references') === 'hidden' ? 0 : maxReferences,
      areAsked: references.questions.length > 0,
    },
    verification: { required: verification.required },
  };
}

function standardFieldViews(settings: ApplicationSettings, language: Language): FieldView[] {
  const view = (name: StandardQuestion, type: FieldType, required: boolean): FieldView => ({
    name,
    type,
    ...standardQuestions[language][name],
    ...ownTexts(settings, language, name),
    required,
  });
  const types: Readonly<Record<StandardField, FieldType>> = {
    phone: 'phone',
    company: 'text',
    country: 'text',
    webSites: 'list',
    partnerType: 'choice',
    references: 'list',
  };
  const asked = standardFields.flatMap((name) => {
    const use = standardFieldUse(settings, name);
    if (use === 'hidden') return [];
    const field = view(name, types[name], use === 'required');
    return [
      name === 'partnerType'
        ? { ...field, options: [...partnerTypes], optionLabels: partnerTypeNames[language] }
        : field,
    ];
  });
  const languages = settings.languages.length < 2 ? [] : [languageField(settings, view('language', 'choice', false))];
  return [view('name', 'text', true), view('email', 'email', true), ...asked, ...languages];
}

function languageField({ languages }: ApplicationSettings, field: FieldView): FieldView {
  const optionLabels = Object.fromEntries(languages.map((one) => [one, languageNames[one]]));
  return { ...field, options: [...languages], optionLabels };
}

/** Fields of the program's plain list, else the properties at the top of its schema, in their order. */
function ownFieldViews(settings: ApplicationSettings, language: Language): FieldView[] {
  if (settings.schema === undefined) {
    return settings.fields.map(({ name, label, type, required, options }) => ({
      name,
      label,
      type,
      required,
      ...(options && { options }),
      ...ownTexts(settings, language, name),
    }));
  }
  const { properties, required = [] } = settings.schema;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    label: textOf(property['title']) ?? name,
    ...present({ help: textOf(property['description']) }),
    type: typeOf(property),
    required: required.includes(name),
    ...present({ options: optionsOf(property) }),
    ...ownTexts(settings, language, name),
  }));
}

function ownTexts(settings: ApplicationSettings, language: Language, name: string): Partial<FieldView> {
  const { options, ...texts } = textsOf(settings, language, name);
  return { ...present(texts), ...(options && { optionLabels: options }) };
}

/** A field's texts in a language over those in the form's first one. */
function textsOf(settings: ApplicationSettings, language: Language, name: string) {
  const first = settings.texts[settings.languages[0]!]?.fields[name];
  const own = settings.texts[language]?.fields[name];
  return { ...present(first ?? {}), ...present(own ?? {}) };
}

function typeOf(property: Record<string, unknown>): FieldType {
  const { type, format, maxLength, items } = property;
  if (property['enum'] !== undefined) return 'choice';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'boolean') return 'boolean';
  if (type === 'array') return isObject(items) && items['enum'] !== undefined ? 'choices' : 'list';
  if (type === 'object') return 'group';
  if (format === 'uri') return 'url';
  if (format === 'email' || format === 'date') return format;
  return typeof maxLength === 'number' && maxLength > 200 ? 'longText' : 'text';
}

function optionsOf(property: Record<string, unknown>): string[] | undefined {
  const { items } = property;
  const values: unknown = property['enum'] ?? (isObject(items) ? items['enum'] : undefined);
  return Array.isArray(values) ? values.map(String) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function present<Values extends object>(values: Values): { [Key in keyof Values]?: NonNullable<Values[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
