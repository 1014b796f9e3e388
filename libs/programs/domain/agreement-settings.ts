import { z } from 'zod';
import { elapsedField } from './settings-fields.js';

/** How agreements in force live on: notices before they renew or end. */
export const agreementSettings = z
  .strictObject({
    /** How long before a term ends both sides are told, the longest first. */
    noticesBefore: z.array(elapsedField).max(5).default(['P60D', 'P14D']),
  })
  .prefault({});
