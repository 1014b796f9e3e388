import { z } from 'zod';
import { elapsedField } from './settings-fields.js';

/** How contracts are signed. */
export const signatureSettings = z.strictObject({
  consent: z.strictObject({ version: z.string().min(1).max(40), text: z.string().min(1).max(4000) }),
  expiresAfter: elapsedField,
  remindEvery: elapsedField,
  maxReminders: z.number().int().min(0).max(20),
});
