import { z } from 'zod';
import { sentenceField } from './settings-fields.js';

const formField = z.strictObject({
  name: z.string().regex(/^[a-z][a-zA-Z0-9]{0,39}$/, 'must be a short name in letters and digits'),
  label: sentenceField,
  type: z.enum(['text', 'url', 'number', 'choice']),
  required: z.boolean(),
  options: z.array(z.string().min(1).max(100)).min(1).max(100).optional(),
});

export type FormField = z.infer<typeof formField>;

/** How people apply. */
export const applicationSettings = z.strictObject({
  callToAction: sentenceField,
  /** The offer in one sentence: how much, how often, for what. */
  offer: sentenceField,
  fields: z.array(formField).max(100),
});
