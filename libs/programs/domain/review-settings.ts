import { z } from 'zod';
import { elapsedField } from './settings-fields.js';

/** How applications are decided on. */
export const reviewSettings = z.strictObject({ decisionWithin: elapsedField });
