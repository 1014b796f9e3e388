import { z } from 'zod';
import { elapsedField } from './settings-fields.js';

/** How terms are negotiated. */
export const negotiationSettings = z
  .strictObject({
    /** How long a side has to answer what is on the table. */
    answerWithin: elapsedField.default('P30D'),
  })
  .prefault({});
