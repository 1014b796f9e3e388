import { z } from 'zod';
import { languageField } from './language.js';

/** What contracts of the program look like. */
export const contractSettings = z
  .strictObject({
    /** The languages that contracts and mails are made in; the first one where a partner speaks none of them. */
    languages: z.array(languageField).min(1).max(10).default(['en']),
  })
  .prefault({});
