import { z } from 'zod';
import { languages } from '../../kernel/language.js';

/** A language that contracts, mails and pages exist in (BCP 47). */
export const languageField = z.enum(languages);
