import { z } from 'zod';
import { isElapsedDuration } from '../../kernel/elapsed.js';

/** A wait: ISO 8601 elapsed time, a day being 24 hours. */
export const elapsedField = z
  .string()
  .max(40)
  .refine(isElapsedDuration, 'must be a duration of weeks, days, hours, minutes and seconds');

/** One sentence that people read. */
export const sentenceField = z.string().min(1).max(500);

/** Five fields of the usual cron syntax, read in the program's time zone. */
export const cronField = z
  .string()
  .max(100)
  .regex(/^\S+( \S+){4}$/, 'must be five cron fields');
