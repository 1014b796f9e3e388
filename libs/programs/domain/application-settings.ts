import { z } from 'zod';
import { languages } from '../../kernel/language.js';
import { formSchemaErrors, type FormSchema } from './form-schema.js';
import { languageField } from './language.js';
import { elapsedField, sentenceField } from './settings-fields.js';

const fieldName = z.string().regex(/^[a-z][a-zA-Z0-9]{0,39}$/, 'must be a short name in letters and digits');
const longText = z.string().min(1).max(4_000);

const formField = z.strictObject({
  name: fieldName,
  label: sentenceField,
  type: z.enum(['text', 'url', 'number', 'choice']),
  required: z.boolean(),
  options: z.array(z.string().min(1).max(100)).min(1).max(100).optional(),
});

export type FormField = z.infer<typeof formField>;

/** The questions that every program can ask, beside name and mail address, which all of them do. */
export const standardFields = ['phone', 'company', 'country', 'webSites', 'partnerType', 'references'] as const;

export type StandardField = (typeof standardFields)[number];

const fieldTexts = z.strictObject({
  label: sentenceField.optional(),
  help: sentenceField.optional(),
  placeholder: z.string().min(1).max(200).optional(),
  /** What a choice is called, by its value. */
  options: z.record(z.string().max(100), z.string().min(1).max(200)).optional(),
});

/** What a form says in one language; what is missing is said in the form's first one. */
const formTexts = z.strictObject({
  callToAction: sentenceField.optional(),
  offer: sentenceField.optional(),
  consent: longText.optional(),
  /** By the name of a field: of the form's own, or a standard one. */
  fields: z.record(z.string().max(40), fieldTexts).default({}),
  /** By the id of a question to references. */
  questions: z.record(z.string().max(40), sentenceField).default({}),
  /** What the choices of these questions are called, by their value. */
  choices: z.record(z.string().max(100), z.string().min(1).max(200)).default({}),
});

const referenceQuestion = z
  .strictObject({
    id: fieldName,
    label: sentenceField,
    type: z.enum(['text', 'choice']),
    required: z.boolean().default(false),
    options: z.array(z.string().min(1).max(100)).min(1).max(20).optional(),
  })
  .refine(({ type, options }) => (type === 'choice') === (options !== undefined), {
    path: ['options'],
    error: 'belong to questions of type choice, and those need them',
  });

export type ReferenceQuestion = z.infer<typeof referenceQuestion>;

const formSchema = z.custom<FormSchema>().superRefine((schema, context) => {
  for (const { pointer, message } of formSchemaErrors(schema)) {
    const path = pointer
      .split('/')
      .slice(1)
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
    context.addIssue({ code: 'custom', path, message });
  }
});

/** How people apply. */
export const applicationSettings = z
  .strictObject({
    callToAction: sentenceField,
    /** The offer in one sentence: how much, how often, for what. */
    offer: sentenceField,
    /** The form's version: every application keeps the one that it answered. */
    version: z.string().min(1).max(40).default('1'),
    /** The program's own questions as a plain list; empty where `schema` says them. */
    fields: z.array(formField).max(100).default([]),
    /** The program's own questions as a JSON Schema (draft 2020-12) of an object, within bounds. */
    schema: formSchema.optional(),
    /** Which standard questions are asked, and which have to be answered. */
    standardFields: z.partialRecord(z.enum(standardFields), z.enum(['hidden', 'optional', 'required'])).default({}),
    /** The languages that the form speaks; the sentences above are in the first one. */
    languages: z.array(languageField).min(1).max(languages.length).default(['en']),
    texts: z.partialRecord(languageField, formTexts).default({}),
    /** The applicant's consent to the processing of its data; asked for where it is there. */
    consent: z.strictObject({ version: z.string().min(1).max(40), text: longText }).optional(),
    /** How many files of at most 10 MiB an applicant may add. */
    attachments: z.strictObject({ max: z.number().int().min(0).max(20).default(5) }).prefault({}),
    /** What people who vouch for an applicant are asked by mail; nobody is asked where there are no questions. */
    references: z
      .strictObject({
        questions: z.array(referenceQuestion).max(20).default([]),
        answerWithin: elapsedField.default('P14D'),
      })
      .prefault({}),
    /** Whether an applicant proves that the mail address is its own, before anybody looks at the application. */
    verification: z
      .strictObject({
        required: z.boolean().default(true),
        within: elapsedField.default('P7D'),
        /** How often the mail may be asked for again. */
        maxResends: z.number().int().min(0).max(20).default(5),
      })
      .prefault({}),
  })
  .superRefine((settings, context) => {
    if (settings.schema !== undefined && settings.fields.length > 0) {
      context.addIssue({ code: 'custom', path: ['fields'], message: 'cannot stand beside a schema' });
    }
    const questions = settings.references.questions.map(({ id }) => id);
    questions.forEach((id, index) => {
      if (questions.indexOf(id) === index) return;
      context.addIssue({ code: 'custom', path: ['references', 'questions', index, 'id'], message: 'is there twice' });
    });
    if (new Set(settings.languages).size < settings.languages.length) {
      context.addIssue({ code: 'custom', path: ['languages'], message: 'names a language twice' });
    }
  });

export type ApplicationSettings = z.infer<typeof applicationSettings>;
export type FormTexts = z.infer<typeof formTexts>;
