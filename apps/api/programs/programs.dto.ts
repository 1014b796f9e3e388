import { z } from 'zod';
import { fieldTypes, languageField } from '../../../libs/programs/index.js';

/** The document's own schema and rules are the program's (libs/programs): here it only has to be an object. */
export const programBody = z.record(z.string().max(64), z.unknown());

export const programView = z.object({
  id: z.string(),
  version: z.number().int(),
  documentHash: z.string(),
  document: z.record(z.string(), z.unknown()),
});

export const programList = z.object({ items: z.array(programView), next: z.null() });

const field = z.object({
  name: z.string(),
  type: z.enum(fieldTypes),
  label: z.string(),
  help: z.string().optional(),
  placeholder: z.string().optional(),
  required: z.boolean(),
  options: z.array(z.string()).optional(),
  optionLabels: z.record(z.string(), z.string()).optional(),
});

export const applicationFormView = z.object({
  programId: z.string(),
  programVersion: z.number().int(),
  name: z.string(),
  company: z.string(),
  formVersion: z.string(),
  language: languageField,
  direction: z.enum(['ltr', 'rtl']),
  languages: z.array(z.object({ language: languageField, name: z.string() })),
  callToAction: z.string(),
  offer: z.string(),
  /** What stands at the top of an application. */
  standardFields: z.array(field),
  /** What stands below `form` in an application: the program's own questions. */
  fields: z.array(field),
  /** The JSON Schema (draft 2020-12) that `form` must fit. */
  schema: z.record(z.string(), z.unknown()),
  consent: z.object({ version: z.string(), text: z.string() }).nullable(),
  attachments: z.object({ max: z.number().int(), maxBytes: z.number().int(), mediaTypes: z.array(z.string()) }),
  references: z.object({ max: z.number().int(), areAsked: z.boolean() }),
  verification: z.object({ required: z.boolean() }),
});

export const formQuery = z.strictObject({ language: languageField.optional() });

export const versionQuery = z.strictObject({ version: z.coerce.number().int().min(1).max(1_000_000).optional() });
